package recover

// sampleWords is a list as the shapes hold it: known terms among others, of both scripts, with a duplicate, a space within and
// entries that hold a term.
func sampleWords() []string {
	return []string{
		"法轮功", "六四事件", "李洪志", "Free Tibet", "鸡巴", "大纪元", "法轮功真相", "某个词", "另一个", "台独", "boxun", "falun", "藏独", "普通词",
		"疆独", "共匪", "六四事件", "操你妈", "冰毒", "随便", "达赖喇嘛", "傻逼", "东突", "民运",
	}
}

// knownWords are the terms that the tests of the shapes know.
func knownWords() *Terms {
	return NewTerms([]Term{
		{"法轮功", "falun-gong"}, {"李洪志", "falun-gong"}, {"六四事件", "june-4"}, {"Free Tibet", "tibet"}, {"达赖喇嘛", "tibet"},
		{"鸡巴", "sexual"}, {"共匪", "party"}, {"冰毒", "drugs"}, {"傻逼", "insults"}, {"操你妈", "insults"}, {"民运", "politics-general"},
	})
}
