package main

import (
	"fmt"

	"github.com/censorscan/censorscan/scan/match"
)

func newPeer(name string, set *needleSet, files []string, work string) (peer, error) {
	switch name {
	case "ours":
		return newOurs(set, files, match.Auto)
	case "narrow":
		return newOurs(set, files, match.Narrow)
	case "wide":
		return newOurs(set, files, match.Wide)
	case "hyperscan":
		return newHyperscan(set, files, work)
	case "ripgrep":
		return newRipgrep(set, files, work)
	case "yara":
		return newYara(set, files, work)
	}
	return nil, fmt.Errorf("no such peer")
}
