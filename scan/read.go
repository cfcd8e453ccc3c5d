package scan

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadReport reads the JSON form of a report. It refuses what is no report, one of another version, one that is cut off, and one that does not add up.
func ReadReport(r io.Reader) (*Report, error) {
	var out Report
	if err := ReadJSON(r, "report", Schema, &out, &out.Schema); err != nil {
		return nil, err
	}
	if c := out.Coverage; c.Searched+c.Structure+c.Unopened != c.Size {
		return nil, fmt.Errorf("the report is damaged: its coverage %+v does not add up", c.Ledger)
	}
	for i, f := range out.Findings {
		set := 0
		for _, there := range []bool{f.List != nil, f.Loader != nil, f.Term != nil} {
			if there {
				set++
			}
		}
		if set != 1 || f.ID == "" || f.List != nil != (f.Kind == KindList) || f.Loader != nil != (f.Kind == KindLoader) {
			return nil, fmt.Errorf("the report is damaged: finding %d (%.40q) is none of its kind %q", i, f.ID, f.Kind)
		}
	}
	return &out, nil
}

// ReadJSON reads one JSON value of a schema of this program into out, of which got is the field "schema". what is how errors call it: "report". It refuses what is of another
// schema or version, what is cut off, and what is followed by something else.
func ReadJSON(r io.Reader, what, schema string, out any, got *string) error {
	in := bufio.NewReader(r)
	if first, _ := in.Peek(2); string(first) == "\x1f\x8b" {
		return fmt.Errorf("this is a gzip file: unpack the %s first", what)
	}
	dec := json.NewDecoder(in)
	switch err := dec.Decode(out); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s is cut off: %w", what, err)
	case err != nil && *got == "":
		return fmt.Errorf("this is no %s of censorscan: %w", what, err)
	case err != nil:
		return fmt.Errorf("the %s is damaged: %w", what, err)
	}
	name, version, _ := strings.Cut(*got, "/")
	known, _, _ := strings.Cut(schema, "/")
	switch {
	case name != known:
		return fmt.Errorf("this is no %s of censorscan: its schema is %q, not %q", what, *got, schema)
	case *got != schema:
		return fmt.Errorf("the %s has version %s of its schema, this program reads %q: use the program that made it, or a newer one", what, version, schema)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("the %s is followed by something else", what)
	}
	return nil
}
