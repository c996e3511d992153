package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/actions/scaleset"
)

// scene is what the caller prepared: a simulated GitHub of the check's own, and a yard where runners can be played.
type scene struct {
	Check  string `json:"check"`
	Origin string `json:"origin"`
	Yard   string `json:"yard"`
	Token  string `json:"token"`
	App    struct {
		ClientID       string `json:"clientId"`
		InstallationID int64  `json:"installationId"`
		PrivateKey     string `json:"privateKey"`
	} `json:"app"`

	ctx context.Context
}

// complaint is what a check panics with when its property does not hold.
type complaint string

// heard returns the complaint of work, if it made one; any other panic is a mistake of ours and goes on.
func heard(work func()) (err error) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case complaint:
			err = errors.New(string(reason))
		default:
			panic(reason)
		}
	}()
	work()
	return nil
}

func want(holds bool, format string, args ...any) {
	if !holds {
		panic(complaint(fmt.Sprintf(format, args...)))
	}
}

func must[T any](value T, err error) T {
	succeed(err)
	return value
}

func succeed(err error) {
	want(err == nil, "unexpected error: %v", err)
}

// refused complains unless err names all the words.
func refused(err error, words ...string) {
	want(err != nil, "expected an error with %q, got none", words)
	for _, word := range words {
		want(strings.Contains(err.Error(), word), "expected an error with %q, got: %v", word, err)
	}
}

// is complains unless err is of the client's own kind.
func is(err, kind error) {
	want(errors.Is(err, kind), "expected %q, got: %v", kind, err)
}

func equal[T comparable](what string, got, expected T) {
	want(got == expected, "%s: expected %v, got %v", what, expected, got)
}

func equalList[T comparable](what string, got []T, expected ...T) {
	want(slices.Equal(got, expected), "%s: expected %v, got %v", what, expected, got)
}

func readScene(r io.Reader) (*scene, error) {
	s := &scene{}
	if err := json.NewDecoder(r).Decode(s); err != nil {
		return nil, fmt.Errorf("the scene cannot be read: %w", err)
	}
	return s, nil
}

var systemInfo = scaleset.SystemInfo{System: "macrunner-interop", Version: "1", CommitSHA: "none", Subsystem: "harness"}

// client is GitHub's own, for the organisation or whatever path is given. Its waits between retries are shortened.
func (s *scene) client(path string) *scaleset.Client {
	return must(scaleset.NewClientWithPersonalAccessToken(scaleset.NewClientWithPersonalAccessTokenConfig{
		GitHubConfigURL:     s.Origin + path,
		PersonalAccessToken: s.Token,
		SystemInfo:          systemInfo,
	}, scaleset.WithRetryWaitMax(10*time.Millisecond)))
}

func (s *scene) createSet(c *scaleset.Client, name string, labels ...string) *scaleset.RunnerScaleSet {
	set := &scaleset.RunnerScaleSet{Name: name, RunnerGroupID: 1}
	for _, label := range labels {
		set.Labels = append(set.Labels, scaleset.Label{Name: label})
	}
	return must(c.CreateRunnerScaleSet(s.ctx, set))
}

// open makes a set labelled macOS and opens its session.
func (s *scene) open() (*scaleset.Client, *scaleset.RunnerScaleSet, *scaleset.MessageSessionClient) {
	c := s.client("/acme")
	set := s.createSet(c, "set", "macOS")
	return c, set, must(c.MessageSessionClient(s.ctx, set.ID, "harness"))
}

// next polls until a message comes.
func (s *scene) next(session *scaleset.MessageSessionClient, last, capacity int) *scaleset.RunnerScaleSetMessage {
	for {
		if message := must(session.GetMessage(s.ctx, last, capacity)); message != nil {
			return message
		}
	}
}

// post calls a lever of the simulator or of the yard.
func (s *scene) post(url string, body, answer any) {
	s.call(http.MethodPost, url, body, answer)
}

func (s *scene) call(method, url string, body, answer any) {
	text := must(json.Marshal(body))
	request := must(http.NewRequestWithContext(s.ctx, method, url, bytes.NewReader(text)))
	request.Header.Set("Content-Type", "application/json")
	response := must(http.DefaultClient.Do(request))
	defer func() { succeed(response.Body.Close()) }()
	reply := must(io.ReadAll(response.Body))
	want(response.StatusCode == http.StatusOK, "%s %s: %s %s", method, url, response.Status, reply)
	if answer != nil {
		succeed(json.Unmarshal(reply, answer))
	}
}

func (s *scene) lever(path string, body any) {
	s.post(s.Origin+"/_control/"+path, body, nil)
}

type fields map[string]any

func (s *scene) turn(knobs fields) { s.lever("knobs", knobs) }

// fault makes a route fail; times 0 means until the end.
func (s *scene) fault(route string, times int, fault fields) {
	order := fields{"route": route, "fault": fault}
	if times > 0 {
		order["times"] = times
	}
	s.lever("faults", order)
}

func (s *scene) queueJob(name string) string {
	var job struct {
		JobID string `json:"jobId"`
	}
	s.post(s.Origin+"/_control/jobs", fields{"name": name, "labels": []string{"macOS"}}, &job)
	return job.JobID
}

type request struct {
	Route     string  `json:"route"`
	Status    int     `json:"status"`
	UserAgent string  `json:"userAgent"`
	Capacity  *string `json:"capacity"`
}

// requests are those that the simulator served on one route.
func (s *scene) requests(route string) []request {
	var all []request
	s.call(http.MethodGet, s.Origin+"/_control/requests", nil, &all)
	return slices.DeleteFunc(all, func(r request) bool { return r.Route != route })
}

// play starts a runner with the credential and waits until it has acquired a job; with a result it also completes it.
func (s *scene) play(jit, result string) (jobID string) {
	var played struct {
		JobID string `json:"jobId"`
	}
	s.post(s.Yard, fields{"jit": jit, "result": result}, &played)
	return played.JobID
}
