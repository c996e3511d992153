package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"time"

	"github.com/actions/scaleset"
)

var signInChecks = []check{
	{"a token opens the way to an organisation, a repository and an enterprise", func(s *scene) {
		for _, path := range []string{"/acme", "/acme/app", "/enterprises/acme"} {
			set := s.createSet(s.client(path), "set")
			want(set.ID > 0, "%s: no id in %+v", path, set)
		}
	}},
	{"an App's key opens it too", func(s *scene) {
		set := s.createSet(s.appClient(s.App.PrivateKey), "set")
		equal("name", set.Name, "set")
		equal("access-token calls", len(s.requests("access-tokens")), 1)
	}},
	{"another key than the App's is refused", func(s *scene) {
		key := must(rsa.GenerateKey(rand.Reader, 2048))
		block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
		_, err := s.appClient(string(pem.EncodeToMemory(block))).GetRunnerScaleSetByID(s.ctx, 1)
		refused(err, "failed to get access token for GitHub App auth", "401")
	}},
	{"a wrong token is refused, and the refusal names the request", func(s *scene) {
		s.Token = "ghp_wrong"
		_, err := s.client("/acme").GetRunnerScaleSetByID(s.ctx, 1)
		refused(err, "failed to get runner registration token (401 Unauthorized)", "github_request_id")
	}},
	{"a registration token that is not known everywhere yet is tried again", func(s *scene) {
		s.fault("runner-registration", 1, fields{"kind": "status", "status": 401})
		s.fault("runner-registration", 1, fields{"kind": "status", "status": 403})
		s.createSet(s.client("/acme"), "set")
		equal("calls", len(s.requests("runner-registration")), 3)
	}},
	{"the admin token says when it ends, and is used until shortly before", func(s *scene) {
		c := s.client("/acme")
		for range 3 {
			must(c.GetRunnerScaleSet(s.ctx, 1, "set"))
		}
		equal("registrations with a token of an hour", len(s.requests("runner-registration")), 1)
		s.turn(fields{"adminTokenMs": 30_000})
		c = s.client("/acme")
		for range 3 {
			must(c.GetRunnerScaleSet(s.ctx, 1, "set"))
		}
		equal("registrations with tokens of 30 s", len(s.requests("runner-registration")), 4)
	}},
	{"each request says in JSON which program calls", func(s *scene) {
		s.createSet(s.client("/acme"), "set")
		var agent struct{ System, Kind string }
		succeed(json.Unmarshal([]byte(s.requests("create-scale-set")[0].UserAgent), &agent))
		equal("system", agent.System, systemInfo.System)
		equal("kind", agent.Kind, "scaleset")
	}},
}

func (s *scene) appClient(privateKey string) *scaleset.Client {
	return must(scaleset.NewClientWithGitHubApp(scaleset.ClientWithGitHubAppConfig{
		GitHubConfigURL: s.Origin + "/acme",
		GitHubAppAuth: scaleset.GitHubAppAuth{
			ClientID: s.App.ClientID, InstallationID: s.App.InstallationID, PrivateKey: privateKey,
		},
		SystemInfo: systemInfo,
	}, scaleset.WithRetryWaitMax(10*time.Millisecond)))
}

var setChecks = []check{
	{"a scale set is created as ordered, with labels in lower-case type and statistics", func(s *scene) {
		set := must(s.client("/acme").CreateRunnerScaleSet(s.ctx, &scaleset.RunnerScaleSet{
			Name: "set", RunnerGroupID: 1,
			Labels:        []scaleset.Label{{Name: "macOS"}, {Name: "xcode"}},
			RunnerSetting: scaleset.RunnerSetting{DisableUpdate: true},
		}))
		equalList("labels", set.Labels, scaleset.Label{Type: "system", Name: "macOS"}, scaleset.Label{Type: "system", Name: "xcode"})
		equal("group", set.RunnerGroupName, "Default")
		want(set.RunnerSetting.DisableUpdate, "updates are not disabled")
		want(time.Since(set.CreatedOn) < time.Minute, "created on %v", set.CreatedOn)
		want(set.RunnerJitConfigURL != "", "no URL for JIT configurations")
		equal("statistics", *set.Statistics, scaleset.RunnerScaleSetStatistic{})
	}},
	{"a set without labels is labelled with its name", func(s *scene) {
		set := s.createSet(s.client("/acme"), "set")
		equalList("labels", set.Labels, scaleset.Label{Type: "system", Name: "set"})
	}},
	{"a set is found by name and by id, within its scope", func(s *scene) {
		c := s.client("/acme")
		id := s.createSet(c, "set").ID
		s.createSet(c, "other")
		equal("by name", must(c.GetRunnerScaleSet(s.ctx, 1, "set")).ID, id)
		equal("by id", must(c.GetRunnerScaleSetByID(s.ctx, id)).Name, "set")
		want(must(c.GetRunnerScaleSet(s.ctx, 1, "none")) == nil, "a set that was never made is found")
		want(must(c.GetRunnerScaleSet(s.ctx, 2, "set")) == nil, "the set is found in another group")
		want(must(s.client("/acme/app").GetRunnerScaleSet(s.ctx, 1, "set")) == nil, "the set is found in a repository")
	}},
	{"a name is taken once per runner group", func(s *scene) {
		c := s.client("/acme")
		s.createSet(c, "set")
		_, err := c.CreateRunnerScaleSet(s.ctx, &scaleset.RunnerScaleSet{Name: "set", RunnerGroupID: 1})
		refused(err, "400 Bad Request", "RunnerScaleSetExistsException", "activity_id", "github_request_id")
		group := must(c.GetRunnerGroupByName(s.ctx, "macs"))
		must(c.CreateRunnerScaleSet(s.ctx, &scaleset.RunnerScaleSet{Name: "set", RunnerGroupID: group.ID}))
	}},
	{"an update changes what it names and keeps the rest", func(s *scene) {
		c := s.client("/acme")
		set := s.createSet(c, "set", "macOS")
		changed := must(c.UpdateRunnerScaleSet(s.ctx, set.ID, &scaleset.RunnerScaleSet{Labels: []scaleset.Label{{Name: "xcode"}}}))
		equal("name", changed.Name, "set")
		equal("group", changed.RunnerGroupID, 1)
		equalList("labels", changed.Labels, scaleset.Label{Type: "system", Name: "xcode"})
		changed = must(c.UpdateRunnerScaleSet(s.ctx, set.ID, &scaleset.RunnerScaleSet{Name: "renamed"}))
		equalList("labels after", changed.Labels, scaleset.Label{Type: "system", Name: "xcode"})
		equal("by its new name", must(c.GetRunnerScaleSet(s.ctx, 1, "renamed")).ID, set.ID)
	}},
	{"a deleted set is gone, and its session with it", func(s *scene) {
		c, set, session := s.open()
		succeed(c.DeleteRunnerScaleSet(s.ctx, set.ID))
		want(must(c.GetRunnerScaleSet(s.ctx, 1, "set")) == nil, "it is still found")
		_, err := c.GetRunnerScaleSetByID(s.ctx, set.ID)
		refused(err, "404 Not Found", "RunnerScaleSetNotFoundException")
		refused(c.DeleteRunnerScaleSet(s.ctx, set.ID), "RunnerScaleSetNotFoundException")
		_, err = session.GetMessage(s.ctx, 0, 1)
		refused(err, "RunnerScaleSetNotFoundException")
		_, err = c.MessageSessionClient(s.ctx, set.ID, "harness")
		refused(err, "RunnerScaleSetNotFoundException")
	}},
	{"runner groups are found by name, in any letter case", func(s *scene) {
		c := s.client("/acme")
		group := must(c.GetRunnerGroupByName(s.ctx, scaleset.DefaultRunnerGroup))
		equal("id", group.ID, 1)
		want(group.IsDefault, "it is not the default group")
		want(!must(c.GetRunnerGroupByName(s.ctx, "macs")).IsDefault, "another group is the default group")
		_, err := c.GetRunnerGroupByName(s.ctx, "none")
		refused(err, "no runner group found")
	}},
	{"two sets live beside each other, each with its jobs", func(s *scene) {
		c, set, session := s.open()
		other := s.createSet(c, "other", "macOS")
		second := must(c.MessageSessionClient(s.ctx, other.ID, "harness"))
		must(session.GetMessage(s.ctx, 0, 1))
		must(second.GetMessage(s.ctx, 0, 1))
		ids := []string{s.queueJob("a"), s.queueJob("b")}
		one, two := s.next(session, 0, 1), s.next(second, 0, 1)
		got := []string{one.JobAssignedMessages[0].JobID, two.JobAssignedMessages[0].JobID}
		slices.Sort(ids)
		slices.Sort(got)
		equalList("jobs", got, ids...)
		want(set.ID != other.ID, "both sets have the id %d", set.ID)
	}},
}
