// Command scaleset drives a simulated GitHub with GitHub's own scale set client
// (github.com/actions/scaleset), one check per process.
//
//	scaleset list          prints the names of the checks, one a line
//	scaleset run < scene   runs the check that the scene names, prints one line of JSON
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"
)

// check is one property: a sentence, and a function that complains when it does not hold.
type check struct {
	name string
	run  func(s *scene)
}

type verdict struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

const checkTimeout = 20 * time.Second

func main() {
	if len(os.Args) != 2 {
		fail("usage: scaleset list | scaleset run < scene")
	}
	switch os.Args[1] {
	case "list":
		for _, c := range allChecks() {
			fmt.Println(c.name)
		}
	case "run":
		s, err := readScene(os.Stdin)
		if err != nil {
			fail(err.Error())
		}
		if err := json.NewEncoder(os.Stdout).Encode(judge(s)); err != nil {
			fail(err.Error())
		}
	default:
		fail("unknown verb " + os.Args[1])
	}
}

func allChecks() []check {
	return slices.Concat(signInChecks, setChecks, sessionChecks, queueChecks, oddMessageChecks,
		runnerChecks, listenerChecks, failureChecks)
}

// judge runs the scene's check.
func judge(s *scene) verdict {
	err := heard(func() {
		at := slices.IndexFunc(allChecks(), func(c check) bool { return c.name == s.Check })
		want(at >= 0, "there is no check %q", s.Check)
		ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
		defer cancel()
		s.ctx = ctx
		allChecks()[at].run(s)
	})
	if err != nil {
		return verdict{Name: s.Check, Detail: err.Error()}
	}
	return verdict{Name: s.Check, OK: true}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(2)
}
