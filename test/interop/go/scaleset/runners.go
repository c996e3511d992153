package main

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/actions/scaleset"
)

var runnerChecks = []check{
	{"a JIT configuration holds the runner's three files and a sound RSA key", func(s *scene) {
		c, set, _ := s.open()
		minted := s.mint(c, set.ID, "runner-1")
		want(minted.Runner.ID > 0, "no id")
		equal("name", minted.Runner.Name, "runner-1")
		equal("set", minted.Runner.RunnerScaleSetID, set.ID)
		var files map[string]string
		decode(minted.EncodedJITConfig, &files)
		equal("files", len(files), 3)
		var runner struct{ AgentId, AgentName, ServerUrlV2, Ephemeral, WorkFolder string }
		decode(files[".runner"], &runner)
		equal("agent", runner.AgentId+" "+runner.AgentName, fmt.Sprintf("%d runner-1", minted.Runner.ID))
		equal("ephemeral", runner.Ephemeral, "True")
		equal("work folder", runner.WorkFolder, "_work")
		var credentials struct {
			Scheme string
			Data   struct{ ClientId, AuthorizationUrl string }
		}
		decode(files[".credentials"], &credentials)
		want(credentials.Scheme == "OAuth" && credentials.Data.ClientId != "", "credentials: %+v", credentials)
		succeed(keyOf(files[".credentials_rsaparams"]).Validate())
	}},
	{"a runner's name is taken once", func(s *scene) {
		c, set, _ := s.open()
		s.mint(c, set.ID, "runner-1")
		_, err := c.GenerateJitRunnerConfig(s.ctx, &scaleset.RunnerScaleSetJitRunnerSetting{Name: "runner-1"}, set.ID)
		is(err, scaleset.RunnerExistsError)
		refused(err, "409 Conflict")
	}},
	{"a JIT configuration of a set that is gone is refused", func(s *scene) {
		_, err := s.client("/acme").GenerateJitRunnerConfig(s.ctx, &scaleset.RunnerScaleSetJitRunnerSetting{Name: "r"}, 404)
		refused(err, "404 Not Found", "RunnerScaleSetNotFoundException")
	}},
	{"a runner is found by id and by name", func(s *scene) {
		c, set, _ := s.open()
		id := s.mint(c, set.ID, "runner-1").Runner.ID
		expected := scaleset.RunnerReference{ID: id, Name: "runner-1", RunnerScaleSetID: set.ID}
		equal("by id", *must(c.GetRunner(s.ctx, id)), expected)
		equal("by name", *must(c.GetRunnerByName(s.ctx, "runner-1")), expected)
		want(must(c.GetRunnerByName(s.ctx, "runner-2")) == nil, "a runner that was never made is found")
		_, err := c.GetRunner(s.ctx, 404)
		is(err, scaleset.RunnerNotFoundError)
	}},
	{"an idle runner is removed, and removing it again does no harm", func(s *scene) {
		c, set, _ := s.open()
		id := s.mint(c, set.ID, "runner-1").Runner.ID
		succeed(c.RemoveRunner(s.ctx, int64(id)))
		_, err := c.GetRunner(s.ctx, id)
		is(err, scaleset.RunnerNotFoundError)
		succeed(c.RemoveRunner(s.ctx, int64(id)))
		s.turn(fields{"unknownAgentDelete": "404"})
		is(c.RemoveRunner(s.ctx, int64(id)), scaleset.RunnerNotFoundError)
		s.mint(c, set.ID, "runner-1")
	}},
	{"a runner that runs a job is not removed", func(s *scene) {
		c, set, client := s.open()
		id := s.queueJob("build")
		s.next(client, 0, 1)
		minted := s.mint(c, set.ID, "runner-1")
		equal("job", s.play(minted.EncodedJITConfig, ""), id)
		is(c.RemoveRunner(s.ctx, int64(minted.Runner.ID)), scaleset.JobStillRunningError)
		equal("still there", must(c.GetRunner(s.ctx, minted.Runner.ID)).Name, "runner-1")
	}},
	{"a runner takes the oldest job of its set, serves it, and its record is gone", func(s *scene) {
		c, set, client := s.open()
		oldest := s.queueJob("a")
		s.queueJob("b")
		assigned := s.next(client, 0, 2)
		minted := s.mint(c, set.ID, "runner-1")
		equal("job", s.play(minted.EncodedJITConfig, "failed"), oldest)
		message := s.next(client, assigned.MessageID, 2)
		started, completed := message.JobStartedMessages[0], message.JobCompletedMessages[0]
		equal("started", fmt.Sprint(started.JobID, started.RunnerID, started.RunnerName), fmt.Sprint(oldest, minted.Runner.ID, "runner-1"))
		equal("completed", fmt.Sprint(completed.JobID, completed.RunnerName, completed.Result), fmt.Sprint(oldest, "runner-1", "failed"))
		want(recent(started.RunnerAssignTime) && recent(completed.FinishTime), "times: %+v %+v", started, completed)
		want(must(c.GetRunnerByName(s.ctx, "runner-1")) == nil, "its record is still there")
		equal("left", message.Statistics.TotalAssignedJobs, 1)
	}},
}

func (s *scene) mint(c *scaleset.Client, set int, name string) *scaleset.RunnerScaleSetJitRunnerConfig {
	return must(c.GenerateJitRunnerConfig(s.ctx, &scaleset.RunnerScaleSetJitRunnerSetting{Name: name}, set))
}

func decode(text string, into any) {
	succeed(json.Unmarshal(must(base64.StdEncoding.DecodeString(text)), into))
}

// keyOf reads the runner's key as .NET writes one.
func keyOf(file string) *rsa.PrivateKey {
	var parameters struct{ Modulus, Exponent, D, P, Q []byte }
	decode(file, &parameters)
	number := func(bytes []byte) *big.Int { return new(big.Int).SetBytes(bytes) }
	return &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number(parameters.Modulus), E: int(number(parameters.Exponent).Int64())},
		D:         number(parameters.D),
		Primes:    []*big.Int{number(parameters.P), number(parameters.Q)},
	}
}
