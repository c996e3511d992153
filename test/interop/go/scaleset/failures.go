package main

import "time"

var failureChecks = []check{
	{"429 is tried again after the time that it names", func(s *scene) {
		c := s.client("/acme")
		must(c.GetRunnerScaleSet(s.ctx, 1, "set"))
		s.fault("create-scale-set", 1, fields{"kind": "status", "status": 429, "retryAfter": 1})
		begin := time.Now()
		s.createSet(c, "set")
		want(time.Since(begin) >= time.Second, "it waited %v only", time.Since(begin))
		equal("calls", len(s.requests("create-scale-set")), 2)
	}},
	{"500, 502 and 503 are tried again", func(s *scene) {
		for _, status := range []int{500, 502, 503} {
			s.fault("create-scale-set", 1, fields{"kind": "status", "status": status})
		}
		s.createSet(s.client("/acme"), "set")
		equal("calls", len(s.requests("create-scale-set")), 4)
	}},
	{"five refusals are enough", func(s *scene) {
		s.fault("poll", 0, fields{"kind": "text", "status": 503})
		_, _, client := s.open()
		_, err := client.GetMessage(s.ctx, 0, 1)
		refused(err, "giving up after 5 attempt(s)")
	}},
	{"a connection that breaks is tried again", func(s *scene) {
		c, set, _ := s.open()
		s.fault("get-scale-set", 1, fields{"kind": "reset"})
		equal("id", must(c.GetRunnerScaleSetByID(s.ctx, set.ID)).ID, set.ID)
	}},
	{"other refusals are final, and a plain text is passed on", func(s *scene) {
		c, set, _ := s.open()
		s.fault("get-scale-set", 1, fields{"kind": "text", "status": 418, "body": "out of tea"})
		_, err := c.GetRunnerScaleSetByID(s.ctx, set.ID)
		refused(err, "out of tea")
		equal("calls", len(s.requests("get-scale-set")), 1)
	}},
	{"a refusal without a body is an unknown error", func(s *scene) {
		c, set, _ := s.open()
		s.fault("get-scale-set", 1, fields{"kind": "empty", "status": 400})
		_, err := c.GetRunnerScaleSetByID(s.ctx, set.ID)
		refused(err, "unknown error")
	}},
	{"an answer cut short is an error", func(s *scene) {
		c, set, _ := s.open()
		s.fault("get-scale-set", 1, fields{"kind": "truncate"})
		_, err := c.GetRunnerScaleSetByID(s.ctx, set.ID)
		refused(err, "failed to decode runner scale set")
	}},
	{"a registration without an address is an error", func(s *scene) {
		s.fault("runner-registration", 1, fields{"kind": "patch", "fields": fields{"url": ""}})
		_, err := s.client("/acme").GetRunnerScaleSet(s.ctx, 1, "set")
		refused(err, "missing url")
	}},
}
