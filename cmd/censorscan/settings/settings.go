// Package settings gives flags of commands their values from a file and from the environment. There is no list of settings but the flags themselves: a key of the
// file is the name of a flag, or of a command with its flags below.
package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// FileName is the name of the file in the current folder or the user's folder of configurations.
const FileName = "censorscan.yaml"

// prefix begins every environment variable that is a setting.
const prefix = "CENSORSCAN_"

// maxFile bounds the size of a file, in bytes.
const maxFile = 1 << 20

// Settings are values for flags, with where they come from.
type Settings struct {
	File   string // that was read, "" for none
	values map[string]value
}

// value is that of a key: a flag's name, with the command in front if it is meant for one only ("scan fail-on").
type value struct {
	texts  []string
	origin string // "censorscan.yaml:3", or the environment variable
}

// skipped are flags that are no settings.
var skipped = []string{"help", "config"}

// Find returns the file to read: the one in the current folder, else the one in the user's folder of configurations, else "".
func Find() string {
	places := []string{FileName}
	if dir, err := os.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "censorscan", FileName))
	}
	for _, p := range places {
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			return p
		}
	}
	return ""
}

// Load reads a file ("" for none) and the environment, which wins. What is no setting of a command below root is an error that names the place.
func Load(root *cobra.Command, file string, environ []string) (*Settings, error) {
	s := &Settings{File: file, values: map[string]value{}}
	if file != "" {
		if err := s.readFile(root, file); err != nil {
			return nil, err
		}
	}
	return s, s.readEnvironment(root, environ)
}

func (s *Settings) readFile(root *cobra.Command, file string) error {
	st, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("reading the settings: %w", err)
	}
	if st.Size() > maxFile {
		return fmt.Errorf("reading the settings: %s has %d bytes, %d are read", file, st.Size(), maxFile)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the settings: %w", err)
	}
	tree, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if err := s.readMapping(root, file, doc.Body); err != nil {
			return err
		}
	}
	return nil
}

// readMapping takes the keys of a command.
func (s *Settings) readMapping(c *cobra.Command, file string, node ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.CommentGroupNode, *ast.NullNode:
		return nil
	default:
		return fmt.Errorf("%s:%d: settings are pairs of a name and a value", file, node.GetToken().Position.Line)
	}
	for _, p := range pairs {
		at := fmt.Sprintf("%s:%d", file, p.Key.GetToken().Position.Line)
		name := p.Key.GetToken().Value
		if isMapping(p.Value) {
			sub := child(c, name)
			if sub == nil {
				return fmt.Errorf("%s: there is no command %q", at, strings.TrimSpace(below(c)+" "+name))
			}
			if err := s.readMapping(sub, file, p.Value); err != nil {
				return err
			}
			continue
		}
		if err := known(c, name); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		texts, err := textsOf(p.Value)
		if err != nil {
			return fmt.Errorf("%s: %s %w", at, name, err)
		}
		key := key(c, name)
		if _, ok := s.values[key]; ok {
			return fmt.Errorf("%s: %s stands here for the second time", at, name)
		}
		s.values[key] = value{texts, at}
	}
	return nil
}

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// textsOf are the values of a scalar or a sequence of scalars.
func textsOf(n ast.Node) ([]string, error) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		texts := []string{}
		for _, v := range n.Values {
			if _, ok := v.(ast.ScalarNode); !ok {
				return nil, errors.New("takes plain values")
			}
			texts = append(texts, scalar(v))
		}
		return texts, nil
	case *ast.NullNode:
		return nil, errors.New("has no value")
	case ast.ScalarNode:
		return []string{scalar(n)}, nil
	}
	return nil, errors.New("takes a plain value, or a list of them")
}

// scalar is a value as it stands in the file, so that 1.10 stays 1.10.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	}
	return n.GetToken().Value
}

func (s *Settings) readEnvironment(root *cobra.Command, environ []string) error {
	names := map[string][2]string{} // variable: key and flag
	walk(root, func(c *cobra.Command, f *pflag.Flag) {
		names[variable(c, f.Name)] = [2]string{key(c, f.Name), f.Name}
		if _, ok := names[variable(root, f.Name)]; !ok {
			names[variable(root, f.Name)] = [2]string{f.Name, f.Name}
		}
	})
	sorted := slices.Clone(environ)
	slices.Sort(sorted)
	for _, e := range sorted {
		name, text, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, prefix) || name == prefix+"CONFIG" {
			continue
		}
		n, ok := names[name]
		if !ok {
			return fmt.Errorf("the environment variable %s is no setting (censorscan config show lists them)", name)
		}
		if n[0] == n[1] {
			if err := known(root, n[1]); err != nil {
				return fmt.Errorf("the environment variable %s: %w", name, err)
			}
		}
		if text == "" {
			continue // as if it were not there: so do systems that cannot leave one out
		}
		s.values[n[0]] = value{strings.Split(strings.TrimSuffix(text, "\n"), "\n"), name}
	}
	return nil
}

// variable is the environment variable of a flag of a command: CENSORSCAN_SCAN_FAIL_ON.
func variable(c *cobra.Command, flag string) string {
	name := strings.TrimSpace(below(c) + " " + flag)
	return prefix + strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(name))
}

// below is the path of a command without the program's name.
func below(c *cobra.Command) string {
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	return path
}

func key(c *cobra.Command, flag string) string { return strings.TrimSpace(below(c) + " " + flag) }

func child(c *cobra.Command, name string) *cobra.Command {
	i := slices.IndexFunc(c.Commands(), func(s *cobra.Command) bool { return s.Name() == name })
	if i < 0 {
		return nil
	}
	return c.Commands()[i]
}

// walk calls f for every setting of every command at or below c.
func walk(c *cobra.Command, f func(c *cobra.Command, flag *pflag.Flag)) {
	c.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden && !slices.Contains(skipped, flag.Name) {
			f(c, flag)
		}
	})
	for _, sub := range c.Commands() {
		walk(sub, f)
	}
}

// known reports whether flag is a setting at or below c, and means the same in all commands that have it.
func known(c *cobra.Command, flag string) error {
	var first *pflag.Flag
	var commands []string
	same := true
	walk(c, func(at *cobra.Command, f *pflag.Flag) {
		if f.Name != flag {
			return
		}
		commands = append(commands, below(at))
		if first == nil {
			first = f
		}
		same = same && f.Usage == first.Usage && f.Value.Type() == first.Value.Type()
	})
	switch {
	case first == nil && c.HasParent():
		return fmt.Errorf("censorscan %s has no setting %q", below(c), flag)
	case first == nil:
		return fmt.Errorf("there is no setting %q", flag)
	case !same:
		return fmt.Errorf("%s does not mean the same in %s: put it under the command", flag, strings.Join(commands, ", "))
	}
	return nil
}

// of finds the value for a flag of a command: its own before that of all commands, and the environment before the file.
func (s *Settings) of(c *cobra.Command, flag string) (value, bool) {
	var best value
	found := false
	for at := c; ; at = at.Parent() {
		if v, ok := s.values[key(at, flag)]; ok && (!found || strings.HasPrefix(v.origin, prefix) && !strings.HasPrefix(best.origin, prefix)) {
			best, found = v, true
		}
		if !at.HasParent() {
			return best, found
		}
	}
}

// Apply sets the flags of a command that were not given on the command line.
func (s *Settings) Apply(c *cobra.Command) error {
	var failed error
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		v, ok := s.of(c, f.Name)
		if !ok || f.Changed || failed != nil || slices.Contains(skipped, f.Name) {
			return
		}
		if err := set(f, v.texts); err != nil {
			failed = fmt.Errorf("%s: %s: %w", v.origin, f.Name, err)
		}
	})
	return failed
}

func set(f *pflag.Flag, texts []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(texts)
	}
	if len(texts) != 1 {
		return fmt.Errorf("takes one value, not %d", len(texts))
	}
	return f.Value.Set(texts[0])
}

// Row is a setting of a command as it stands.
type Row struct {
	Command, Name, Value, Origin string
}

// Rows applies the settings to every command at or below c and tells what holds.
func (s *Settings) Rows(c *cobra.Command) ([]Row, error) {
	var rows []Row
	var failed error
	var last *cobra.Command
	walk(c, func(at *cobra.Command, f *pflag.Flag) {
		if at != last && failed == nil {
			failed = s.Apply(at)
			last = at
		}
		origin := "default"
		if v, ok := s.of(at, f.Name); ok {
			origin = v.origin
		}
		rows = append(rows, Row{below(at), f.Name, f.Value.String(), origin})
	})
	return rows, failed
}
