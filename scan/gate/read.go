package gate

import (
	"fmt"
	"io"

	"github.com/censorscan/censorscan/scan"
)

// Read reads the JSON form of a Result. It refuses what is none, one of another version, and one that is cut off.
func Read(r io.Reader) (*Result, error) {
	var out Result
	if err := scan.ReadJSON(r, "verdict", Schema, &out, &out.Schema); err != nil {
		return nil, err
	}
	switch out.Outcome {
	case Passed, Failed, Incomplete:
		return &out, nil
	}
	return nil, fmt.Errorf("the verdict is damaged: its outcome is %q", out.Outcome)
}
