package match

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// benchTerms makes n terms with the lengths of real lists: Han terms of two to seven characters, a tenth in Latin letters.
func benchTerms(n int) []Term {
	const han = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后" +
		"法轮功民主自由西藏独立新疆台湾达赖喇嘛六四天安门事件共产党领导习近平胡锦涛江泽民温家宝政府警察武警公安部维权律师上访" +
		"抗议游行罢工示威镇压屠杀真相活摘器官邪教宗教基督教会教堂佛教伊斯兰记者新闻封锁翻墙软件代理网络审查互联网香港占领中环" +
		"雨伞革命反送条例国安普选特首蒙古满洲分裂恐怖主义起义暴动腐败贪污官员情妇内幕黑幕军队演习导弹核武器"
	latin := strings.Fields("free tibet falun dafa gong tiananmen square massacre dalai lama uyghur xinjiang taiwan independence hong kong " +
		"democracy protest liberty asia radio voice america epoch times human rights watch amnesty proxy tunnel vpn gate ultra surf")
	chars := []rune(han)
	rng := rand.New(rand.NewPCG(11, 12))
	seen := map[string]bool{}
	var terms []Term
	for len(terms) < n {
		var w string
		if len(terms)%10 == 9 {
			w = latin[rng.IntN(len(latin))] + []string{"", " ", "-"}[rng.IntN(3)] + latin[rng.IntN(len(latin))]
		} else {
			for range []int{2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6, 7}[rng.IntN(12)] {
				w += string(chars[rng.IntN(len(chars))])
			}
		}
		if !seen[w] {
			seen[w] = true
			terms = append(terms, Term{ID: int32(len(terms)), Text: w})
		}
	}
	return terms
}

// benchData makes n bytes like one kind of content of an image.
func benchData(kind string, n int) []byte {
	rng := rand.New(rand.NewPCG(13, 14))
	buf := make([]byte, 0, n+64)
	words := strings.Fields("return public static void string const the of and to in is for with value name type error context " +
		"Activity Fragment android content getString setText onCreate null true false http https www com org json {\"id\": 12345, \"key\": [1,2]}")
	han := []rune("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装，。、")
	for len(buf) < n {
		switch kind {
		case "zero":
			buf = append(buf, make([]byte, 64)...)
		case "random":
			buf = binary.LittleEndian.AppendUint64(buf, rng.Uint64())
		case "text":
			buf = append(append(buf, words[rng.IntN(len(words))]...), " \n\t="[rng.IntN(4)])
		case "han8":
			buf = append(buf, string(han[rng.IntN(len(han))])...)
		case "han16":
			buf = binary.LittleEndian.AppendUint16(buf, uint16(han[rng.IntN(len(han))]))
		case "native": // like arm64 code: few opcodes, small operands, some pointers and strings
			switch rng.IntN(16) {
			case 0:
				buf = append(append(buf, words[rng.IntN(len(words))]...), 0)
			case 1:
				buf = binary.LittleEndian.AppendUint64(buf, uint64(rng.IntN(1<<24)))
			default:
				ops := [...]uint32{0xf9400000, 0x91000000, 0xaa0003e0, 0x94000000, 0xd65f03c0, 0xb9400000, 0x52800000, 0xeb00001f, 0x54000000, 0xa9bf7bfd}
				buf = binary.LittleEndian.AppendUint32(buf, ops[rng.IntN(len(ops))]|uint32(rng.IntN(32))|uint32(rng.IntN(32))<<5|uint32(rng.IntN(64))<<10)
			}
		}
	}
	return buf[:n]
}

func BenchmarkScan(b *testing.B) {
	for _, terms := range []int{450, 900, 20_000} {
		c := mustCompile(b, benchTerms(terms), Auto)
		for _, kind := range []string{"native", "text", "random", "han8", "han16", "zero"} {
			buf := benchData(kind, 4<<20)
			b.Run(fmt.Sprintf("terms=%d/%s", terms, kind), func(b *testing.B) { benchScan(b, c, buf) })
		}
	}
}

func BenchmarkAutomaton(b *testing.B) {
	c := mustCompile(b, benchTerms(900), Automaton)
	for _, kind := range []string{"native", "text", "random", "han8", "zero"} {
		buf := benchData(kind, 1<<20)
		b.Run(kind, func(b *testing.B) { benchScan(b, c, buf) })
	}
}

// BenchmarkCutOver compares the filters on growing numbers of needles.
func BenchmarkCutOver(b *testing.B) {
	for _, terms := range []int{900, 1800, 3600} {
		for _, e := range engines[:2] {
			c := mustCompile(b, benchTerms(terms), e.engine)
			for _, kind := range []string{"native", "text", "random", "han8"} {
				buf := benchData(kind, 4<<20)
				b.Run(fmt.Sprintf("needles=%d/%s/%s", c.needles.len(), kind, e.name), func(b *testing.B) { benchScan(b, c, buf) })
			}
		}
	}
}

func benchScan(b *testing.B, c *Core, buf []byte) {
	b.SetBytes(int64(len(buf)))
	n := 0
	for b.Loop() {
		c.Scan(buf, 0, func(Hit) { n++ })
	}
	b.ReportMetric(float64(n)/float64(b.N), "hits")
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{450, 1500, 20_000} {
		terms := benchTerms(n)
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			var c *Core
			for b.Loop() {
				c = mustCompile(b, terms, Auto)
			}
			b.ReportMetric(float64(c.needles.len()), "needles")
			b.ReportMetric(float64(c.Size())/1024, "KiB")
		})
	}
}
