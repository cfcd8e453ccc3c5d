package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"
)

const actionFile = "../../.github/actions/censorscan/action.yml"

// gateFlags are the names and help texts of the gate's flags, those of all commands included.
func gateFlags(t *testing.T) map[string]string {
	t.Helper()
	gate, _, err := newRootCommand().Find([]string{"gate"})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{}
	add := func(f *pflag.Flag) {
		if f.Name != "help" {
			_, flags[f.Name] = pflag.UnquoteUsage(f)
		}
	}
	gate.LocalFlags().VisitAll(add)
	gate.InheritedFlags().VisitAll(add)
	return flags
}

// gateVariable is the environment variable that sets a flag of the gate.
func gateVariable(flag string) string {
	if flag == "config" {
		return "CENSORSCAN_CONFIG"
	}
	return "CENSORSCAN_GATE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// TestActionGolden keeps the inputs of the GitHub Action what the flags of the gate are; -update rewrites them.
func TestActionGolden(t *testing.T) {
	raw, err := os.ReadFile(actionFile)
	if err != nil {
		t.Fatal(err)
	}
	flags := gateFlags(t)
	var names []string
	for name := range flags {
		names = append(names, name)
	}
	slices.Sort(names)
	var inputs, variables strings.Builder
	for _, name := range names {
		fmt.Fprintf(&inputs, "  %s:\n    description: %q\n", name, flags[name])
		fmt.Fprintf(&variables, "        %s: ${{ inputs.%s }}\n", gateVariable(name), name)
	}
	text := between(t, string(raw), "  # flags\n", "  # /flags\n", inputs.String())
	text = between(t, text, "        # variables\n", "        # /variables\n", variables.String())
	if text == string(raw) {
		return
	}
	if !*update {
		t.Fatalf("the inputs of %s are not the flags of the gate: make generate", actionFile)
	}
	if err := os.WriteFile(actionFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func between(t *testing.T, s, begin, end, content string) string {
	t.Helper()
	head, rest, ok := strings.Cut(s, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %s", actionFile, begin)
	}
	return head + begin + content + end + tail
}

type action struct {
	Inputs map[string]struct{ Description string }
	Runs   struct {
		Steps []struct {
			Name, Run string
			Env       map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	raw, err := os.ReadFile(actionFile)
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestActionInputs compares the inputs as YAML has them with the flags of the gate, and that each gets to the program.
func TestActionInputs(t *testing.T) {
	a, flags := readAction(t), gateFlags(t)
	env := a.Runs.Steps[len(a.Runs.Steps)-1].Env
	for name, usage := range flags {
		if a.Inputs[name].Description != usage || env[gateVariable(name)] != "${{ inputs."+name+" }}" {
			t.Errorf("%s: %q, variable %q", name, a.Inputs[name].Description, env[gateVariable(name)])
		}
	}
	for name := range a.Inputs {
		if _, ok := flags[name]; !ok && name != "firmware" && name != "go-version" {
			t.Errorf("the gate has no flag %s", name)
		}
	}
}

// TestGateInCI runs the scripts of the GitHub Action and of the GitLab job, with the example policy.
func TestGateInCI(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var job struct {
		Censorscan struct{ Script []string }
	}
	raw, err := os.ReadFile("../../.gitlab/censorscan.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &job); err != nil {
		t.Fatal(err)
	}
	a := readAction(t)
	steps := a.Runs.Steps
	for name, script := range map[string]string{"GitHub": steps[len(steps)-1].Run, "GitLab": strings.Join(job.Censorscan.Script, "\n")} {
		for _, c := range []struct {
			env  []string
			code int
			want string
		}{
			{[]string{"FIRMWARE=testdata/rom/demo_ota.zip"}, 10, "VERDICT: fail"},
			{[]string{"FIRMWARE=\nLICENSE\nMakefile\n", "CENSORSCAN_GATE_ONLY=endpoints\nncsc-2021", "CENSORSCAN_GATE_QUIET=true"}, 11, ""},
			{[]string{"FIRMWARE=LICENSE", "CENSORSCAN_GATE_MIN_SCORE=much"}, 2, "CENSORSCAN_GATE_MIN_SCORE: min-score"},
		} {
			output := filepath.Join(t.TempDir(), "output")
			run := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
			run.Dir = root
			run.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "GITHUB_OUTPUT="+output,
				"GITHUB_ACTION_PATH="+filepath.Join(root, ".github/actions/censorscan"), "CENSORSCAN_GATE_BASELINE=")
			if name == "GitLab" {
				run.Env = append(run.Env, "CENSORSCAN_GATE_POLICY="+filepath.Join(root, "scan/gate/example/policy.yaml"))
			}
			run.Env = append(run.Env, c.env...)
			out, err := run.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := run.ProcessState.ExitCode(); got != c.code || !strings.Contains(string(out), c.want) {
				t.Errorf("%s, %q: exit code %d, want %d\n%s", name, c.env, got, c.code, out)
			}
			if name != "GitHub" {
				continue
			}
			if told, err := os.ReadFile(output); err != nil || string(told) != fmt.Sprintf("exit-code=%d\n", c.code) {
				t.Errorf("%s: %q, %v", name, told, err)
			}
		}
	}
}
