package xor

import (
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// What a character is in a Chinese text.
const (
	invalid  uint8 = iota // no character of the encoding
	rare                  // of a script or a part of one that such texts hardly use
	known                 // a Han character of the first levels of GB 2312 and Big5
	frequent              // a Han character of every text
	mark                  // CJK punctuation, full-width forms
	foreign               // kana, bopomofo and other scripts that stand in Chinese texts now and then
)

// charTables give the class of a character by its code.
type charTables struct {
	unicode  [1 << 16]uint8 // of the BMP
	gbk      [1 << 16]uint8 // lead<<8 | trail
	big5     [1 << 16]uint8
	letters  [26][26]bool // pairs of letters that are common in English and pinyin
	allow8   [256]keySet  // by byte: the keys that make it a byte of a text in UTF-8, GBK or Big5
	allow16  [256]keySet  // by byte: the keys that make it the high byte of a character of a text in UTF-16
	asciiFee [128]int     // bits that a character of ASCII costs
}

// tables builds the tables once; they are only read afterwards.
var tables = sync.OnceValue(func() *charTables {
	t := new(charTables)
	for r := rune(0xA0); r <= 0xFFFD; r++ {
		if r < 0xD800 || r > 0xF8FF {
			t.unicode[r] = rare
		}
	}
	t.classify(known, firstLevel(simplifiedchinese.GB18030, 0xB0, 0xD7, 0xA1))
	t.classify(known, firstLevel(traditionalchinese.Big5, 0xA4, 0xC6, 0x40))
	t.classify(frequent, frequentHan)
	t.classify(mark, marks)
	for r := 0xFF01; r <= 0xFF5E; r++ {
		t.unicode[r] = mark
	}
	for _, block := range [][2]rune{{0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x3105, 0x3129}} {
		for r := block[0]; r <= block[1]; r++ {
			t.unicode[r] = foreign
		}
	}
	t.classify(foreign, "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü©®°±×÷αβγδμπΩ№ⅠⅡⅢⅣⅤ①②③④⑤⑥⑦⑧⑨⑩→←↑↓■□▲△▼▽◆◇○◎●★☆※℃\uFEFF")
	t.fill(&t.gbk, simplifiedchinese.GBK)
	t.fill(&t.big5, traditionalchinese.Big5)
	for pair := range strings.FieldsSeq(commonPairs) {
		t.letters[pair[0]-'a'][pair[1]-'a'] = true
	}
	for c := range t.asciiFee {
		t.asciiFee[c] = asciiFee(byte(c))
	}
	for b := range 256 {
		for key := range 256 {
			c := byte(b ^ key)
			if c >= 0x80 && c != 0xFF || c < 0x80 && t.asciiFee[c] < strayFee {
				t.allow8[b].add(byte(key))
			}
			if c == 0 || c == 0x20 || c == 0x30 || c >= 0x4E && c <= 0x9F || c >= 0xFE {
				t.allow16[b].add(byte(key))
			}
		}
	}
	return t
})

func (t *charTables) classify(class uint8, chars string) {
	for _, r := range chars {
		t.unicode[r] = class
	}
}

// firstLevel returns the Han characters of a block of two-byte codes.
func firstLevel(e encoding.Encoding, lo, hi, trail int) string {
	var codes []byte
	for lead := lo; lead <= hi; lead++ {
		for low := trail; low < 0xFF; low++ {
			if low < 0x7F || low >= 0xA1 {
				codes = append(codes, byte(lead), byte(low), '\n')
			}
		}
	}
	chars, err := e.NewDecoder().Bytes(codes)
	if err != nil {
		panic("xor: " + err.Error()) // cannot be: a decoder replaces what it cannot read
	}
	return strings.Map(func(r rune) rune {
		if r < 0x4E00 || r > 0x9FFF {
			return -1
		}
		return r
	}, string(chars))
}

// fill gives the two-byte codes of an encoding the classes of their characters.
func (t *charTables) fill(codes *[1 << 16]uint8, e encoding.Encoding) {
	enc := e.NewEncoder()
	for r, class := range t.unicode {
		if class == invalid {
			continue
		}
		var src [4]byte
		var dst [4]byte
		n, _, err := enc.Transform(dst[:], append(src[:0], string(rune(r))...), true)
		enc.Reset()
		if err == nil && n == 2 {
			codes[int(dst[0])<<8|int(dst[1])] = class
		}
	}
}

const (
	strayFee   = 24 // bits that a control character costs: no text has many
	invalidFee = 32 // of a byte that does not decode
)

// asciiFee is about how many bits a character takes up in a text.
func asciiFee(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return 5
	case 'A' <= c && c <= 'Z':
		return 7
	case '0' <= c && c <= '9':
		return 6
	case c == ' ', c == '\n':
		return 4
	case c == '\r', c == '\t', c == ',':
		return 5
	case strings.IndexByte(`".:/-_<>=;'`, c) >= 0:
		return 7
	case c == 0:
		return 8
	case c < ' ', c == 0x7F:
		return strayFee
	}
	return 10
}

// hanFee is the same for the other classes.
var hanFee = [...]int{invalid: invalidFee, rare: 21, known: 13, frequent: 10, mark: 10, foreign: 14}

// commonPairs are pairs of letters that make up most of any English text, of names of programs, and of pinyin.
const commonPairs = `th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur ro ri io ne co me ll li ic el ns
om ca ec ma ch ce il us ut di la no ta ot em tr ac so ge lo wa wh wi ho ly un ai im ol am sh ad ow ss ie up pe po pl pr id ig ee ir oo ay bl be ab ag
ap av ei ev ey fi fo fr ga gi go gr gh ht ia if iv ke ki ks ck cl ct cu da do du ef ep ex fe ff fu ib ip iz ja ju ls lt mb mi mm mo mp my na nc ni nn
nu ny ob oc od og ok op os ov pa ph pi pp pu qu rd rm rn rs rt ru ry sc sp su sy tt tu tw ty ub uc ud ue ug ui ul um rc sw ts va vi we wo ye yo zh xi
xu gu ku hu zi zu za ze uo ua ao iu ya yi yu nm hd tm sm lk rk ws ew aw ak ah eb eg dd dr gl ms ds gs ys br bo ba bi bu by cr cy db fa fl fs gn dy eo
rf rl rv dl`

// marks are punctuation of Chinese texts.
const marks = "\u3000、。〈〉《》「」『』【】〔〕〖〗·—‘’“”…～‖￥！（），：；？"

// frequentHan are the characters that make up more than half of any Chinese text, simplified and traditional.
const frequentHan = `的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么
经法当起与好看学进种将还分此心前面又定见只主没公从知使明情己样第本正四全重新感次实现表些问被向很两点女老高手话外相意美特结加先真东回比理部水因关做力走
位性由平文动西开体机头声什员应已通把打名带安给接信觉儿少车间常民门五六七八九百千万口气便度长立世海等市教界目代化工战身入变利内统区政党共产任书记总建命
社义制治议组织队席央委警察局检查院律师案件死亡刑犯罪罚杀血枪炮弹药毒品爱色赌博球彩票网站址论坛图片视频电影音乐号码密钥系软载装更设置语言字符输称版服务
器户账登录注册消息短邮联城省县街路楼北京南湖江河山州广深圳台湾香港澳英德韩俄印藏疆维吾尔族蒙古独运权暴革抗游示威请愿访潮屠镇压习近李克强胡锦涛泽温宝毛
邓周恩朱镕基王张刘陈杨赵黄吴徐孙马郭何林罗郑梁谢宋唐许冯曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付白邹孟熊秦邱尹薛闫段雷侯
龙史陶黎贺顾郝龚邵钱严覃武戴莫孔汤轮功弟父善忍退媒闻报焚活摘官想今最几但让叫快她它您谁哪吗呢吧啊呀哦嘛怎每各该再才刚直非太越极乎另未必须需希望认识忘光
红蓝绿黑青花草树木森火土银铜铁贵宜买卖商店场价格元角半候早晚春秋冬左右边旁错假坏恶丑慢低远男母爸妈哥姐妹夫妻亲友朋志孩童婴神鬼仙佛督伊斯兰仰宗派秘帮贪
污腐败干领导厅空数据库序调类型量返果误告提确取删除添修改保存闭搜索询显隐选择默首页助办反吃听吸呼哈嘴圈坐块坚境增处备复夜够失奇奖妇姓完客室害容宽富寒封
射尉尊寻尚层居展属岁岛岗巨差巴布并庆底庭康异弱形往征径微念怀态怒急恐悲惊慰戏房扎托执扩扫扬批技抓投折抢护披担拉拍招拜拥持指按挑挥损换掉排控推描插握揭援
搞携摄支收攻放效敌散整料断旅旗旧旬昌易星映昨普景智暗曲替月期末术杂村束条构析架某染柔标校核根桌档榜模止步毕永求汉池沙油沿泛波流测济浪清源满演激灭灯灵热
焦照熟牌物状环班瓶申画留略番疑病痛皮益盖盘眼睛矿研破硬碎礼祖福离科秒积稳究穿突竞章竹笑答策签简算管篇粉精糖素紧约级纪纯纳纸线练细终络继续群考职聚肉肯股
育背胜脑脚脱至致航船艺节若苦茶荣获营落著虽虫衣补观规解计订讨训讲证评诉词译试诗详诸读课谈象负财责货质购贯贴费资赛赞赶超足跑距跟跳转轻辆达迅迎违连迟述送
适逃透途速造遇遍遗避配酒采释野针销锁键闲防阳阴阵阶阻附际降限险随难集雨雪零静项顺预题额风飞食餐饭馆驾验骨鱼鸟鼓這為來個們國時說會後對過發經當學進種將還
樣實現問兩點話結東關開體機頭聲員應車間門氣長戰統區黨產書記總義議組織隊檢軍視電樂號碼鑰軟載裝設語輸稱務戶賬錄註冊訊郵聯縣樓廣灣獨運動權鎮壓習錦濤澤寶鄧
劉陳楊趙黃吳孫馬羅鄭許韓馮蕭蔣葉蘇呂輪師報導紅藍綠錢貴買賣場價錯惡醜遠親愛嬰見從給覺認讓該幾須無與專業傳決準盡確論證識試調變讀選難題願顯驗類處備復夠獎
婦寬層屬島帶幹廠異張強徵態驚戲擴揚搶護擔擁擇損換據揮擊斷舊術雜條構槍標樹橋歲殺漢測濟滅燈靈熱爭獲獄環畫療盤眾禮稅穩競筆簡節範級紀純紙練細終續維網緊聖職
腦臺舉莊藝藥蘭虛裡補製複覽觀規觸訂討訓訴詞詳誤請諸課談諾謀講譯讚豐財責敗貨質購費資賽趕輕輛達遲遞遺鄉醫釋針鐵銀銷鎖鍵閉閱闊隨險際陽陰陣階雲離靜響頁項順
預領頻顧風飛飯館駕魚鳥麗龍歷單團參壇圖圓園幣帳憲懷懲擾敵數檔歐溝爾瓊畢盜監盧`
