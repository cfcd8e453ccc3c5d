//go:build !race

package payload

// race tells that the race detector is on.
const race = false
