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
	in := bufio.NewReader(r)
	if first, _ := in.Peek(2); string(first) == "\x1f\x8b" {
		return nil, errors.New("this is a gzip file: unpack the report first")
	}
	dec := json.NewDecoder(in)
	var out Report
	switch err := dec.Decode(&out); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("the report is cut off: %w", err)
	case err != nil && out.Schema == "":
		return nil, fmt.Errorf("this is no report of censorscan: %w", err)
	case err != nil:
		return nil, fmt.Errorf("the report is damaged: %w", err)
	}
	name, version, _ := strings.Cut(out.Schema, "/")
	known, _, _ := strings.Cut(Schema, "/")
	switch {
	case name != known:
		return nil, fmt.Errorf("this is no report of censorscan: its schema is %q, not %q", out.Schema, Schema)
	case out.Schema != Schema:
		return nil, fmt.Errorf("the report has version %s of its schema, this program reads %q: use the program that made it, or a newer one", version, Schema)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("the report is followed by something else")
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
