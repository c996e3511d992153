package main

import (
	"errors"

	"github.com/actions/scaleset"
	"github.com/google/uuid"
)

var sessionChecks = []check{
	{"a session has an id, a queue, a token, its set and statistics", func(s *scene) {
		_, set, client := s.open()
		session := client.Session()
		want(session.SessionID != uuid.Nil, "no session id")
		equal("owner", session.OwnerName, "harness")
		equal("set", session.RunnerScaleSet.ID, set.ID)
		want(session.MessageQueueURL != "" && session.MessageQueueAccessToken != "", "no queue or token")
		want(session.Statistics != nil, "no statistics: GitHub's listener would not start")
	}},
	{"a second session is refused until the first is closed", func(s *scene) {
		c, set, first := s.open()
		_, err := c.MessageSessionClient(s.ctx, set.ID, "rival")
		refused(err, "409 Conflict", "RunnerScaleSetSessionConflictException")
		succeed(first.Close(s.ctx))
		second := must(c.MessageSessionClient(s.ctx, set.ID, "rival"))
		want(second.Session().SessionID != first.Session().SessionID, "the new session has the old id")
		refused(first.Close(s.ctx), "RunnerScaleSetSessionExpiredException")
	}},
	{"an abandoned session gives way after a while", func(s *scene) {
		c, set, _ := s.open()
		s.lever("clock/advance", fields{"ms": 60_000})
		must(c.MessageSessionClient(s.ctx, set.ID, "heir"))
	}},
	{"an expired queue token is renewed in place, at a poll and at an acknowledgement", func(s *scene) {
		_, _, client := s.open()
		before := client.Session()
		must(client.GetMessage(s.ctx, 0, 1))
		s.queueJob("a")
		s.expireQueueTokens()
		message := s.next(client, 0, 1)
		s.expireQueueTokens()
		succeed(client.DeleteMessage(s.ctx, message.MessageID))
		after := client.Session()
		equal("session", after.SessionID, before.SessionID)
		equal("queue", after.MessageQueueURL, before.MessageQueueURL)
		want(after.MessageQueueAccessToken != before.MessageQueueAccessToken, "the token is the old one")
		want(after.Statistics != nil && after.RunnerScaleSet != nil, "the renewed session lacks statistics or set")
		equal("renewals", len(s.requests("refresh-session")), 2)
	}},
	{"a queue token that is refused twice is reported as expired", func(s *scene) {
		_, _, client := s.open()
		s.fault("poll", 0, fields{"kind": "status", "status": 401})
		_, err := client.GetMessage(s.ctx, 0, 1)
		is(err, scaleset.MessageQueueTokenExpiredError)
		equal("polls", len(s.requests("poll")), 2)
	}},
	{"a session that GitHub has forgotten cannot be renewed", func(s *scene) {
		_, set, client := s.open()
		s.lever(path("scalesets", set.ID, "end-session"), fields{})
		_, err := client.GetMessage(s.ctx, 0, 1)
		refused(err, "failed to refresh message session", "404 Not Found", "RunnerAdminException")
		want(!errors.Is(err, scaleset.MessageQueueTokenExpiredError), "it is reported as an expired token")
	}},
	{"a closed session ends its poll", func(s *scene) {
		c, set, client := s.open()
		s.turn(fields{"holdMs": 10_000})
		ended := make(chan error)
		go func() {
			_, err := client.GetMessage(s.ctx, 0, 1)
			ended <- err
		}()
		s.waitForHeldPoll(set.ID)
		s.lever(path("scalesets", set.ID, "end-session"), fields{})
		refused(<-ended, "RunnerAdminException")
		must(c.MessageSessionClient(s.ctx, set.ID, "heir"))
	}},
}

func (s *scene) expireQueueTokens() {
	s.lever("tokens/expire", fields{"kinds": []string{"queue"}})
}

// waitForHeldPoll returns once the set's poll has announced its capacity.
func (s *scene) waitForHeldPoll(set int) {
	for {
		var sets []struct {
			ID       int  `json:"id"`
			Capacity *int `json:"capacity"`
		}
		s.call("GET", s.Origin+"/_control/scalesets", nil, &sets)
		for _, each := range sets {
			if each.ID == set && each.Capacity != nil {
				return
			}
		}
	}
}
