package wordlists

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// jsonList is the JSON form that Export writes.
type jsonList struct {
	Name        string     `json:"name"`
	Version     string     `json:"version"`
	Kind        Kind       `json:"kind"`
	Description string     `json:"description"`
	Sources     []string   `json:"sources"`
	Terms       []jsonTerm `json:"terms"`
}

type jsonTerm struct {
	Term     string   `json:"term"`
	Language string   `json:"language,omitempty"`
	Category string   `json:"category,omitempty"`
	Gloss    string   `json:"gloss,omitempty"`
	Sources  []string `json:"sources,omitempty"`
}

func writeJSON(b *bytes.Buffer, l *List) error {
	out := jsonList{l.Name, l.Version, l.Kind, l.Description, slices.Concat([]string{}, l.Sources), make([]jsonTerm, len(l.Terms))}
	for i, t := range l.Terms {
		out.Terms[i] = jsonTerm{l.written(&t), t.Language, t.Category, t.Gloss, t.Sources}
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// importJSON reads an array of terms, or an object with one.
func (l *List) importJSON(name, text string) error {
	if err := validJSON(text); err != nil {
		return jsonError(name, text, err)
	}
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "[") {
		return l.addArray(name, "", []byte(trimmed))
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(trimmed), &object); err != nil {
		return jsonError(name, text, err)
	}
	key := ""
	for _, candidate := range termHeaders() {
		if _, ok := object[candidate]; ok {
			key = candidate
			break
		}
	}
	if key == "" {
		keys := make([]string, 0, len(object))
		for k := range object {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		return fmt.Errorf("%s: a JSON object without a list of terms (its members: %.200q)", name, keys)
	}
	l.setJSONHeader(object)
	value := object[key]
	if value[0] == '"' {
		// MiAdBlacklistConfig: the array is JSON text in a string.
		var inner string
		if err := json.Unmarshal(value, &inner); err != nil {
			return jsonError(name, text, err)
		}
		value = []byte(strings.TrimSpace(inner))
		if err := validJSON(inner); err != nil {
			return fmt.Errorf("%s: the text in member %q is not JSON: %w", name, key, err)
		}
	}
	return l.addArray(name, key, value)
}

// setJSONHeader takes what the object tells of the list: the members that Export writes and, of
// MiAdBlacklistConfig, the version.
func (l *List) setJSONHeader(object map[string]json.RawMessage) {
	var s string
	text := func(key string) bool { return json.Unmarshal(object[key], &s) == nil && trim(s) != "" }
	if text("name") {
		l.Name = trim(s)
	}
	if text("description") {
		l.Description = trim(s)
	}
	if text("kind") && slices.Contains(Kinds(), Kind(s)) {
		l.Kind = Kind(s)
	}
	var number json.Number
	if text("version") {
		l.Version = trim(s)
	} else if json.Unmarshal(object["version"], &number) == nil {
		l.Version = number.String()
	}
	var sources []string
	if json.Unmarshal(object["sources"], &sources) == nil {
		l.Sources = sources
	}
}

// addArray adds the elements of a JSON array that stood in the given member.
func (l *List) addArray(name, member string, array []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(array, &elements); err != nil {
		return fmt.Errorf("%s: member %q is not an array", name, member)
	}
	for i, element := range elements {
		t, err := jsonElement(element)
		if err == nil {
			t.Line = i + 1
			err = l.addPlain(t)
		}
		if err != nil {
			return fmt.Errorf("%s: element %d: %w", name, i+1, err)
		}
	}
	return nil
}

// jsonElement reads a string, or an object with a member for the term.
func jsonElement(element json.RawMessage) (Term, error) {
	var text string
	if json.Unmarshal(element, &text) == nil && element[0] == '"' {
		return Term{Text: text}, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(element, &object); err != nil || object == nil {
		return Term{}, fmt.Errorf("neither a string nor an object: %.40s", element)
	}
	for _, key := range termHeaders() {
		if json.Unmarshal(object[key], &text) != nil {
			continue
		}
		t := Term{Text: text}
		for _, f := range []struct {
			key string
			to  any
		}{{"language", &t.Language}, {"category", &t.Category}, {"gloss", &t.Gloss}, {"sources", &t.Sources}} {
			if value, ok := object[f.key]; ok {
				if err := json.Unmarshal(value, f.to); err != nil {
					return Term{}, fmt.Errorf("member %q: %w", f.key, err)
				}
			}
		}
		return t, nil
	}
	return Term{}, fmt.Errorf("an object without a term: %.80s", element)
}

// validJSON reports what is wrong with a text that should be one JSON value.
func validJSON(text string) error {
	var value json.RawMessage
	return json.Unmarshal([]byte(text), &value)
}

// jsonError names the line of a syntax error.
func jsonError(name, text string, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at := min(int(syntax.Offset), len(text))
		return lineError(name, 1+strings.Count(text[:at], "\n"), "JSON: %w", err)
	}
	return fmt.Errorf("%s: JSON: %w", name, err)
}
