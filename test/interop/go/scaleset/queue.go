package main

import (
	"fmt"
	"time"

	"github.com/actions/scaleset"
)

const firstMessageID = 100_000_001

var queueChecks = []check{
	{"a poll without news ends as no message", func(s *scene) {
		_, _, client := s.open()
		begin := time.Now()
		want(must(client.GetMessage(s.ctx, 0, 1)) == nil, "there is a message")
		want(time.Since(begin) > 200*time.Millisecond, "the poll was not held, it took %v", time.Since(begin))
	}},
	{"github.com: a job comes assigned, with all that is said of it", func(s *scene) {
		_, _, client := s.open()
		must(client.GetMessage(s.ctx, 0, 1))
		id := s.queueJob("build")
		message := s.next(client, 0, 1)
		equal("message id", message.MessageID, firstMessageID)
		equal("assigned", len(message.JobAssignedMessages), 1)
		equal("available", len(message.JobAvailableMessages), 0)
		equal("statistics", message.Statistics.TotalAssignedJobs, 1)
		job := message.JobAssignedMessages[0].JobMessageBase
		equal("job id", job.JobID, id)
		equal("runner request id", job.RunnerRequestID, 0)
		equal("repository", job.OwnerName+"/"+job.RepositoryName, "acme/app")
		equal("name", job.JobDisplayName, "build")
		equal("workflow", job.JobWorkflowRef, "acme/app/.github/workflows/ci.yml@refs/heads/main")
		equal("event", job.EventName, "push")
		equalList("labels", job.RequestLabels, "macOS")
		want(job.WorkflowRunID > 0, "no run")
		want(recent(job.QueueTime) && recent(job.ScaleSetAssignTime), "queued %v, assigned %v", job.QueueTime, job.ScaleSetAssignTime)
		want(job.RunnerAssignTime.IsZero() && job.FinishTime.IsZero(), "times that have not come are set")
	}},
	{"github.com: nothing can be acquired there", func(s *scene) {
		_, _, client := s.open()
		_, err := client.AcquireJobs(s.ctx, []int64{1})
		refused(err, "404 Not Found")
	}},
	{"GHES: a job is offered, acquired once, and then assigned", func(s *scene) {
		s.turn(fields{"backend": "ghes"})
		_, _, client := s.open()
		id := s.queueJob("build")
		offer := s.next(client, 0, 1)
		equal("offers", len(offer.JobAvailableMessages), 1)
		equal("assigned with the offer", len(offer.JobAssignedMessages), 0)
		job := offer.JobAvailableMessages[0]
		want(job.RunnerRequestID > 0 && job.AcquireJobURL != "", "no request id or URL in %+v", job)
		equal("available", offer.Statistics.TotalAvailableJobs, 1)
		equalList("acquired", must(client.AcquireJobs(s.ctx, []int64{job.RunnerRequestID, 999})), job.RunnerRequestID)
		equalList("acquired again", must(client.AcquireJobs(s.ctx, []int64{job.RunnerRequestID})))
		assigned := s.next(client, offer.MessageID, 1)
		equal("job", assigned.JobAssignedMessages[0].JobID, id)
		equal("request id", assigned.JobAssignedMessages[0].RunnerRequestID, job.RunnerRequestID)
	}},
	{"GHES: a job is acquired with a renewed token too", func(s *scene) {
		s.turn(fields{"backend": "ghes"})
		_, _, client := s.open()
		s.queueJob("build")
		id := s.next(client, 0, 1).JobAvailableMessages[0].RunnerRequestID
		s.expireQueueTokens()
		equalList("acquired", must(client.AcquireJobs(s.ctx, []int64{id})), id)
	}},
	{"GHES: of two sets that want a job one gets it", func(s *scene) {
		s.turn(fields{"backend": "ghes"})
		c, _, first := s.open()
		other := s.createSet(c, "other", "macOS")
		second := must(c.MessageSessionClient(s.ctx, other.ID, "harness"))
		s.queueJob("build")
		id := s.next(first, 0, 1).JobAvailableMessages[0].RunnerRequestID
		equal("offered to the other", s.next(second, 0, 1).JobAvailableMessages[0].RunnerRequestID, id)
		equalList("acquired", must(second.AcquireJobs(s.ctx, []int64{id})), id)
		equalList("lost", must(first.AcquireJobs(s.ctx, []int64{id})))
	}},
	{"no more is assigned than announced, and more when more is announced", func(s *scene) {
		_, _, client := s.open()
		for n := range 3 {
			s.queueJob(fmt.Sprint(n))
		}
		first := s.next(client, 0, 1)
		equal("assigned at 1", len(first.JobAssignedMessages), 1)
		want(must(client.GetMessage(s.ctx, first.MessageID, 1)) == nil, "a second job came")
		second := s.next(client, first.MessageID, 3)
		equal("assigned at 3", len(second.JobAssignedMessages), 2)
		equal("counted at 3", second.Statistics.TotalAssignedJobs, 3)
		equal("announced", *s.requests("poll")[0].Capacity, "1")
		want(must(client.GetMessage(s.ctx, second.MessageID, 0)) == nil, "0 is not a capacity")
	}},
	{"a message comes again until it is acknowledged, to a later session too", func(s *scene) {
		c, set, client := s.open()
		id := s.queueJob("build")
		first := s.next(client, 0, 1)
		again := s.next(client, 0, 1)
		equal("id", again.MessageID, first.MessageID)
		equal("job", again.JobAssignedMessages[0].JobID, id)
		want(must(client.GetMessage(s.ctx, first.MessageID, 1)) == nil, "it comes again past its own id")
		succeed(client.Close(s.ctx))
		heir := must(c.MessageSessionClient(s.ctx, set.ID, "heir"))
		equal("id for the heir", s.next(heir, 0, 1).MessageID, first.MessageID)
		succeed(heir.DeleteMessage(s.ctx, first.MessageID))
		want(must(heir.GetMessage(s.ctx, 0, 1)) == nil, "it comes again though acknowledged")
		refused(heir.DeleteMessage(s.ctx, first.MessageID), "404 Not Found")
	}},
	{"statistics follow a job from its assignment to its end", func(s *scene) {
		c, set, client := s.open()
		s.queueJob("a")
		s.queueJob("b")
		assigned := s.next(client, 0, 2)
		equal("assigned", *assigned.Statistics, scaleset.RunnerScaleSetStatistic{TotalAssignedJobs: 2})
		jit := must(c.GenerateJitRunnerConfig(s.ctx, &scaleset.RunnerScaleSetJitRunnerSetting{Name: "r"}, set.ID))
		s.play(jit.EncodedJITConfig, "")
		equal("running", *s.next(client, assigned.MessageID, 2).Statistics, scaleset.RunnerScaleSetStatistic{
			TotalAssignedJobs: 2, TotalRunningJobs: 1, TotalRegisteredRunners: 1, TotalBusyRunners: 1,
		})
	}},
	{"a job that is cancelled before a runner took it names no runner", func(s *scene) {
		_, _, client := s.open()
		id := s.queueJob("build")
		assigned := s.next(client, 0, 1)
		s.lever("jobs/"+id+"/cancel", fields{})
		completed := s.next(client, assigned.MessageID, 1).JobCompletedMessages[0]
		equal("job", completed.JobID, id)
		equal("result", completed.Result, "canceled")
		equal("runner", completed.RunnerName, "")
		want(recent(completed.FinishTime), "finished %v", completed.FinishTime)
	}},
	{"a message holds 50 events at most", func(s *scene) {
		_, _, client := s.open()
		for n := range 60 {
			s.queueJob(fmt.Sprint(n))
		}
		first := s.next(client, 0, 100)
		equal("first", len(first.JobAssignedMessages), 50)
		equal("second", len(s.next(client, first.MessageID, 100).JobAssignedMessages), 10)
	}},
}

var oddMessageChecks = []check{
	{"a message with statistics alone is one without events", func(s *scene) {
		_, set, client := s.open()
		s.lever(path("scalesets", set.ID, "message"), fields{})
		message := s.next(client, 0, 1)
		equal("events", len(message.JobAssignedMessages)+len(message.JobCompletedMessages), 0)
		want(message.Statistics != nil, "no statistics")
	}},
	{"an event of an unknown kind is passed over", func(s *scene) {
		_, set, client := s.open()
		s.lever(path("scalesets", set.ID, "message"), fields{"body": `[{"messageType":"JobDreamt"}]`})
		equal("id", s.next(client, 0, 1).MessageID, firstMessageID)
	}},
	{"a message of an unknown kind is an error for GitHub's client", func(s *scene) {
		_, set, client := s.open()
		s.lever(path("scalesets", set.ID, "message"), fields{"messageType": "Other"})
		_, err := client.GetMessage(s.ctx, 0, 1)
		refused(err, "unsupported message type")
	}},
	{"a 200 without a body is an error for GitHub's client", func(s *scene) {
		_, _, client := s.open()
		s.fault("poll", 1, fields{"kind": "empty"})
		_, err := client.GetMessage(s.ctx, 0, 1)
		refused(err, "EOF")
	}},
	{"a byte order mark before an answer is no matter", func(s *scene) {
		s.fault("*", 0, fields{"kind": "bom"})
		_, _, client := s.open()
		s.queueJob("build")
		equal("assigned", len(s.next(client, 0, 1).JobAssignedMessages), 1)
	}},
}

func path(kind string, id int, verb string) string {
	return fmt.Sprintf("%s/%d/%s", kind, id, verb)
}

func recent(t time.Time) bool {
	return time.Since(t).Abs() < time.Minute
}
