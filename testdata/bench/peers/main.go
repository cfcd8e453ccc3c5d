// Peers compares the match core with other matchers: the same needles, the same haystacks, alternately in one loop, by CPU time.
// See README.md for how to run it.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run() error {
	data := flag.String("data", "", "folder made by data.sh")
	terms := flag.String("terms", "terms450", "file of the folder with one term a line")
	hay := flag.String("haystacks", "native,dex,text,random,zh8,zh16,mixed", "what to search, `names` of files in haystacks")
	names := flag.String("peers", "ours,hyperscan,ripgrep,yara", "who searches, `names`; the first is compared with the others")
	rounds := flag.Int("rounds", 5, "how often; the median counts")
	limit := flag.Int("limit", 0, "take only so many terms, 0 for all")
	flag.Parse()
	if *data == "" {
		return errors.New("-data is missing")
	}
	list, err := readLines(filepath.Join(*data, *terms))
	if err != nil {
		return err
	}
	if *limit > 0 {
		list = list[:min(*limit, len(list))]
	}
	set, err := newNeedleSet(list)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var files []string
	for h := range strings.SplitSeq(*hay, ",") {
		files = append(files, filepath.Join(*data, "haystacks", h))
	}
	fmt.Printf("%s: %d terms, %d needles of %d to %d bytes\n", *terms, len(list), len(set.needles), set.shortest(), set.longest())
	var peers []peer
	for name := range strings.SplitSeq(*names, ",") {
		p, err := newPeer(name, set, files, work)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer p.close()
		fmt.Printf("%s: %s\n", name, p.about())
		peers = append(peers, p)
	}
	return compare(os.Stdout, strings.Split(*names, ","), peers, strings.Split(*hay, ","), files, *rounds)
}

func readLines(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	return slices.Clip(lines), nil
}
