package match

import "testing"

// BenchmarkParallel searches with as many workers as -cpu says, sharing one core: its MB/s at -cpu 2 over those at -cpu 1 tell what a second core brings.
func BenchmarkParallel(b *testing.B) {
	c, err := Compile([]Term{{ID: 1, Text: "法轮功"}, {ID: 2, Text: "Free Tibet"}, {ID: 3, Text: "六四事件"}}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 8<<20)
	for i := range data {
		data[i] = byte(i*2654435761>>13) | 0x40
	}
	b.SetBytes(int64(len(data)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Scan(data, 0, func(Hit) {})
		}
	})
}
