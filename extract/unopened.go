package extract

import (
	"context"
	"errors"
	"fmt"
)

// Reason says in a fixed word why bytes were not opened.
type Reason string

// The reasons of coverage records.
const (
	ReasonEncrypted   Reason = "encrypted"
	ReasonUnknown     Reason = "unknown format"
	ReasonUnsupported Reason = "unsupported feature"
	ReasonDamaged     Reason = "damaged"
	ReasonLimit       Reason = "limit"
	ReasonInterrupted Reason = "interrupted"
	ReasonExcluded    Reason = "excluded"
)

// Unopened is the error for bytes that could not be opened; it becomes a coverage record. Formats return it from Open and from a member's
// Open, or yield it between members for a part of a container that no member stands for.
type Unopened struct {
	Name   string // what in the container, "" for the container itself
	Extent Extent // within the container; Size 0 when the bytes are accounted for elsewhere
	Reason Reason
	Detail string // one line for people, the cause included
	Err    error  // cause for errors.Is and errors.As, may be nil

	Entropy float64 // of bytes that look compressed or encrypted, in bits per byte; 0 when it was not measured
}

func (u *Unopened) Error() string {
	s := string(u.Reason)
	if u.Name != "" {
		s = u.Name + ": " + s
	}
	if u.Detail != "" {
		s += ": " + u.Detail
	}
	return s
}

func (u *Unopened) Unwrap() error { return u.Err }

// Damaged is the Unopened for bytes that break the rules of their format. Offset is within the container.
func Damaged(offset int64, format string, args ...any) *Unopened {
	return newUnopened(ReasonDamaged, offset, format, args)
}

// Unsupported is the Unopened for bytes of a known format that use a feature we do not read.
func Unsupported(offset int64, format string, args ...any) *Unopened {
	return newUnopened(ReasonUnsupported, offset, format, args)
}

// Encrypted is the Unopened for bytes whose key is not in the image.
func Encrypted(offset int64, format string, args ...any) *Unopened {
	return newUnopened(ReasonEncrypted, offset, format, args)
}

func newUnopened(r Reason, offset int64, format string, args []any) *Unopened {
	err := fmt.Errorf(format, args...)
	return &Unopened{Extent: Extent{Offset: offset}, Reason: r, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// AsUnopened gives any error the form of a coverage record: an Unopened stays as it is, a tripped limit has reason ReasonLimit, all else is damage.
func AsUnopened(err error) *Unopened {
	var u *Unopened
	if errors.As(err, &u) {
		if error(u) != err && u.Detail != err.Error() { // keep what the wrapping says
			c := *u
			c.Detail, c.Err = err.Error(), err
			return &c
		}
		return u
	}
	var l *LimitError
	if errors.As(err, &l) {
		return &Unopened{Reason: ReasonLimit, Detail: err.Error(), Err: err}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &Unopened{Reason: ReasonInterrupted, Detail: "the run was stopped", Err: err}
	}
	u = &Unopened{Reason: ReasonDamaged, Detail: err.Error(), Err: err}
	var re *RangeError
	if errors.As(err, &re) {
		u.Extent = re.Extent
	}
	return u
}
