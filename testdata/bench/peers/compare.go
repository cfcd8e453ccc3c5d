package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// peer searches files.
type peer interface {
	about() string // needles, compilation, memory
	// scan returns the CPU time in nanoseconds and how many matches there are, in whatever the peer counts.
	scan(file int) (int64, int64, error)
	close()
}

// compare has the peers search each file by turns and prints the speeds and how the first does against the others.
func compare(w io.Writer, names []string, peers []peer, hay, files []string, rounds int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\t")
	for _, n := range names {
		fmt.Fprintf(t, "%s MB/s\tmatches\t", n)
	}
	for _, n := range names[1:] {
		fmt.Fprintf(t, "%s / %s\t", names[0], n)
	}
	fmt.Fprintln(t)
	for i := range files {
		times, matches := make([][]int64, len(peers)), make([]int64, len(peers))
		var size int64
		for range rounds {
			for j, p := range peers {
				ns, n, err := p.scan(i)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", names[j], hay[i], err)
				}
				times[j], matches[j] = append(times[j], ns), n
			}
		}
		size, err := fileSize(files[i])
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t", hay[i])
		for j := range peers {
			fmt.Fprintf(t, "%.0f\t%d\t", float64(size)*1e3/float64(median(times[j])), matches[j])
		}
		for j := range peers[1:] {
			// the median of the ratios of each round: what disturbs the machine disturbs both
			ratios := make([]float64, rounds)
			for k := range ratios {
				ratios[k] = float64(times[j+1][k]) / float64(times[0][k])
			}
			fmt.Fprintf(t, "%.2f\t", median(ratios))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func median[T int64 | float64](all []T) T {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}
