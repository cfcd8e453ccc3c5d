package recover

import (
	"io"
	"slices"
)

// Reference is a method of a DEX file that loads a string.
type Reference struct {
	Method string // class and name: com.example.Filter.load
	Text   string // the string
	Offset int64  // of the instruction that loads it
	// Strings are all strings that the method loads, in the order of its code, each once.
	Strings []string
}

// References finds the methods of a DEX file of size bytes that load a string which wanted takes, at most limit of them, in the order of the file. Of any other file it returns
// none. What is damaged is passed over.
func References(r io.ReaderAt, size int64, limit int, wanted func(string) bool) []Reference {
	b := newImage(r, size, nil, NewTerms(nil))
	if !isDEX(b) {
		return nil
	}
	d := newDEX(b, &catch{})
	texts := map[uint32]string{}
	for i := range d.strings.count {
		if s, ok := d.string(i); ok && b.spend(int64(len(s.text))+8) && wanted(s.text) {
			texts[i] = s.text
		}
	}
	if len(texts) == 0 {
		return nil
	}
	var out []Reference
	x := &dexCode{d: d, widths: dexWidths(), targets: dexTargets()}
	for i := range d.classes.count {
		row, ok := d.classes.row(i)
		if !ok || !b.spend(32) || len(out) >= limit {
			break
		}
		off := int64(b.u32(row + 24))
		if off == 0 {
			continue
		}
		d.eachMethod(off, func(method uint32, code int64) {
			units, at := d.units(code)
			ref := Reference{Offset: -1}
			x.each(units, func(pc int, op byte, in []byte) {
				if s, ok := stringOf(op, in); ok && ref.Offset < 0 && texts[s] != "" {
					ref.Text, ref.Offset = texts[s], at+int64(pc)
				}
			})
			if ref.Offset < 0 || len(out) >= limit {
				return
			}
			ref.Method = d.methodName(method)
			x.each(units, func(_ int, op byte, in []byte) {
				if s, ok := stringOf(op, in); ok {
					if text := d.name(s); text != "" && !slices.Contains(ref.Strings, text) && len(ref.Strings) < maxBeside {
						ref.Strings = append(ref.Strings, text)
					}
				}
			})
			out = append(out, ref)
		})
	}
	return out
}

// maxBeside bounds the strings of one method that are told.
const maxBeside = 200
