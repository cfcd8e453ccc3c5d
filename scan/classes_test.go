package scan

import "testing"

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		name    string
		score   float64
		entries []string
		want    string
	}{
		{"words", 0.9, []string{"法轮功", "六四", "free tibet"}, ClassBlocklist},
		{"words below the score", 0.4, []string{"法轮功"}, ClassWordCollection},
		{"packages", 0.9, []string{"com.golden.freegate", "org.getlantern.lantern", "us.ultrasurf.mobile.ultrasurf", "air.tv.x", "com.example"}, ClassPackages},
		{"packages and a word", 0.9, []string{"com.golden.freegate", "org.getlantern.lantern", "us.ultrasurf.mobile", "cn.example.app", "lantern-installer"}, ClassPackages},
		{"packages and two words", 0.9, []string{"com.golden.freegate", "org.getlantern.lantern", "法轮功", "六四"}, ClassBlocklist},
		{"hosts", 0.9, []string{"www.epochtimes.com", "ntdtv.com", "*.minghui.org", "https://falundafa.org/", "news.bbc.co.uk", "10.0.0.1"}, ClassHosts},
		{"packages below the score", 0.4, []string{"com.golden.freegate"}, ClassWordCollection},
	} {
		l := &List{Score: c.score}
		for _, e := range c.entries {
			l.Entries = append(l.Entries, Entry{Text: e})
		}
		if got := classOf(l, 0.5); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
