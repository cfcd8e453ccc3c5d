package render

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// sarifLimits is what GitHub code scanning takes of one file. Beyond these it refuses the whole file
// (https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support).
type sarifLimits struct {
	results       int // of a run
	rules         int // of a run
	locations     int // of a result
	notifications int // GitHub names no limit; they take of the bytes
	bytes         int // of the file, after gzip
}

// githubLimits are the documented ones; of tags, of which a rule may have 20 and 10 are shown, a rule here never has more than 3.
var githubLimits = sarifLimits{results: 25_000, rules: 25_000, locations: 100, notifications: 25_000, bytes: 10_000_000}

// SARIF writes a report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), within the limits of GitHub code scanning: a result for each list,
// loader and term; what could not be opened as notifications. What is left out for the limits is counted in a notification.
func SARIF(w io.Writer, r *scan.Report) error { return writeSARIF(w, reportAccount(r), githubLimits) }

// GateSARIF writes what fails and what warns by a policy as SARIF writes a report.
func GateSARIF(w io.Writer, r *gate.Result) error {
	return writeSARIF(w, gateAccount(r), githubLimits)
}

// DiffSARIF writes what changed as SARIF writes a report; each result has a baselineState.
func DiffSARIF(w io.Writer, d *diff.Diff) error { return writeSARIF(w, diffAccount(d), githubLimits) }

// writeSARIF takes fewer results and notifications until the file is small enough.
func writeSARIF(w io.Writer, a *account, limits sarifLimits) error {
	for {
		var b bytes.Buffer
		log, results, notifications := newSARIF(a, limits)
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(log); err != nil {
			return err
		}
		if results+notifications == 0 || compressedSize(b.Bytes()) <= limits.bytes {
			_, err := w.Write(b.Bytes())
			return err
		}
		limits.results, limits.notifications = results/2, notifications/2
	}
}

func compressedSize(p []byte) int {
	n := counter(0)
	z := gzip.NewWriter(&n)
	z.Write(p)
	z.Close()
	return int(n)
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// The objects of SARIF, in the order of its specification, as far as they are used here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool             sarifTool              `json:"tool"`
		Invocations      []sarifInvocation      `json:"invocations"`
		Artifacts        []sarifArtifact        `json:"artifacts"`
		LogicalLocations []sarifLogicalLocation `json:"logicalLocations"`
		Results          []sarifResult          `json:"results"`
		Properties       map[string]any         `json:"properties,omitempty"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string            `json:"name"`
		Version        string            `json:"version,omitempty"`
		InformationURI string            `json:"informationUri"`
		Rules          []sarifDescriptor `json:"rules"`
		Notifications  []sarifDescriptor `json:"notifications"`
	}
	sarifDescriptor struct {
		ID               string         `json:"id"`
		Name             string         `json:"name"`
		ShortDescription sarifText      `json:"shortDescription"`
		FullDescription  sarifText      `json:"fullDescription"`
		Help             sarifText      `json:"help"`
		HelpURI          string         `json:"helpUri,omitempty"`
		Default          *sarifLevel    `json:"defaultConfiguration,omitempty"`
		Properties       map[string]any `json:"properties,omitempty"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Descriptor struct {
			ID    string `json:"id"`
			Index int    `json:"index"`
		} `json:"descriptor"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifArtifact struct {
		Location   sarifArtifactLocation `json:"location"`
		Length     int64                 `json:"length,omitempty"`
		Roles      []string              `json:"roles"`
		Hashes     map[string]string     `json:"hashes,omitempty"`
		Properties map[string]any        `json:"properties,omitempty"`
	}
	sarifArtifactLocation struct {
		URI   string `json:"uri"`
		Index *int   `json:"index,omitempty"`
	}
	sarifLogicalLocation struct {
		Name               string `json:"name,omitempty"`
		Index              *int   `json:"index,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
		ParentIndex        *int   `json:"parentIndex,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysicalLocation  `json:"physicalLocation"`
		Logical  []sarifLogicalLocation `json:"logicalLocations,omitempty"`
	}
	sarifPhysicalLocation struct {
		Artifact sarifArtifactLocation `json:"artifactLocation"`
		Region   *sarifRegion          `json:"region,omitempty"`
	}
	// sarifRegion is a run of bytes. GitHub shows no result without a line, and firmware has none: it is always line 1.
	sarifRegion struct {
		StartLine  int    `json:"startLine"`
		ByteOffset *int64 `json:"byteOffset,omitempty"`
		ByteLength int64  `json:"byteLength,omitempty"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Baseline     string            `json:"baselineState,omitempty"`
		Properties   map[string]any    `json:"properties,omitempty"`
	}
)
