package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/actions/scaleset"
	"github.com/actions/scaleset/listener"
)

var listenerChecks = []check{
	{"github.com: GitHub's listener serves five jobs, two at a time", func(s *scene) { s.listen(5, 2, func() {}) }},
	{"GHES: GitHub's listener serves five jobs, two at a time", func(s *scene) {
		s.turn(fields{"backend": "ghes"})
		s.listen(5, 2, func() {})
		want(len(s.requests("acquire-jobs")) > 0, "no job was acquired")
	}},
	{"GitHub's listener survives that its queue token expires again and again", func(s *scene) {
		s.listen(3, 1, s.expireQueueTokens)
		want(len(s.requests("refresh-session")) >= 3, "tokens were renewed %d times", len(s.requests("refresh-session")))
	}},
}

// listen runs GitHub's listener until all the jobs are done, and looks at what it was told. Each time that it counts
// jobs, disturb is called.
func (s *scene) listen(jobs, maxRunners int, disturb func()) {
	c, set, session := s.open()
	ids := make([]string, jobs)
	for n := range jobs {
		ids[n] = s.queueJob(fmt.Sprint(n))
	}
	loop := must(listener.New(session, listener.Config{ScaleSetID: set.ID, MaxRunners: maxRunners}))
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	scaler := &yard{scene: s, client: c, set: set.ID, max: maxRunners, jobs: jobs, stop: stop, disturb: disturb}
	err := loop.Run(ctx, scaler)
	scaler.runners.Wait()
	succeed(errors.Join(scaler.failures...))
	want(errors.Is(err, context.Canceled), "the listener ended: %v", err)
	slices.Sort(ids)
	equalList("started", sorted(scaler.started), ids...)
	equalList("completed", sorted(scaler.completed), ids...)
	want(slices.Max(scaler.desired) >= maxRunners, "never more than %d jobs were counted", slices.Max(scaler.desired))
	succeed(session.Close(s.ctx))
	succeed(c.DeleteRunnerScaleSet(s.ctx, set.ID))
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// yard is a scaler whose runners are played by the caller: one per job that GitHub counts, as many as allowed.
type yard struct {
	scene   *scene
	client  *scaleset.Client
	set     int
	max     int
	jobs    int
	stop    func()
	disturb func()

	minted    int
	started   []string
	completed []string
	desired   []int

	runners  sync.WaitGroup
	mu       sync.Mutex // guards failures
	failures []error
}

func (y *yard) HandleDesiredRunnerCount(ctx context.Context, count int) (int, error) {
	y.desired = append(y.desired, count)
	y.disturb()
	target := min(y.max, count)
	for y.minted-len(y.completed) < target {
		y.minted++
		setting := &scaleset.RunnerScaleSetJitRunnerSetting{Name: fmt.Sprintf("runner-%d", y.minted)}
		minted, err := y.client.GenerateJitRunnerConfig(ctx, setting, y.set)
		if err != nil {
			return 0, err
		}
		y.runners.Go(func() { y.serve(minted.EncodedJITConfig) })
	}
	return target, nil
}

func (y *yard) serve(jit string) {
	err := heard(func() { y.scene.play(jit, "succeeded") })
	y.mu.Lock()
	defer y.mu.Unlock()
	y.failures = append(y.failures, err)
	if err != nil {
		y.stop()
	}
}

func (y *yard) HandleJobStarted(_ context.Context, job *scaleset.JobStarted) error {
	y.started = append(y.started, job.JobID)
	return y.check(job.RunnerName, job.RunnerID)
}

func (y *yard) HandleJobCompleted(_ context.Context, job *scaleset.JobCompleted) error {
	y.completed = append(y.completed, job.JobID)
	if job.Result != "succeeded" {
		return fmt.Errorf("job %s ended as %s", job.JobID, job.Result)
	}
	if len(y.completed) == y.jobs {
		y.stop()
	}
	return y.check(job.RunnerName, job.RunnerID)
}

// check holds a name that GitHub mentions against those that were minted.
func (y *yard) check(name string, id int) error {
	for n := range y.minted {
		if name == fmt.Sprintf("runner-%d", n+1) && id > 0 {
			return nil
		}
	}
	return fmt.Errorf("runner %q (%d) was never minted", name, id)
}
