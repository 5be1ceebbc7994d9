package guard

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// The generators below make values by the rules of the standards, written anew and
// not with the scanner's own code.

func makeID(r *rand.Rand) string {
	v := pick(r, []string{"110101", "310115", "440305", "510107", "330106", "650102"}) + fmt.Sprintf("%04d%02d%02d", 1940+r.IntN(70), 1+r.IntN(12), 1+r.IntN(28)) + digits(r, 3)
	sum := 0
	for i := range 17 {
		w := 1
		for range 17 - i {
			w = w * 2 % 11
		}
		sum += int(v[i]-'0') * w
	}
	c := (12 - sum%11) % 11
	return v + string("0123456789X"[c])
}

func makeCard(r *rand.Rand) string {
	form := pick(r, []struct {
		bin string
		n   int
	}{{"622202", 19}, {"621700", 19}, {"625", 16}, {"4", 16}, {"53", 16}, {"2223", 16}, {"37", 15}, {"4", 13}, {"35", 16}, {"623", 18}})
	v := form.bin + digits(r, form.n-len(form.bin)-1)
	for c := '0'; c <= '9'; c++ {
		sum := 0
		for i, d := range v + string(c) {
			x := int(d - '0')
			if (form.n-i)%2 == 0 {
				x = x*2%10 + x*2/10
			}
			sum += x
		}
		if sum%10 == 0 {
			return v + string(c)
		}
	}
	panic("no check digit")
}

func makeCredit(r *rand.Rand) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	v := pick(r, []string{"91", "92", "93", "12", "51"}) + "110108" + pick(r, []string{"MA", ""})
	for len(v) < 17 {
		v += string(alphabet[r.IntN(31)])
	}
	sum, w := 0, 1
	for _, c := range v {
		sum += strings.IndexRune(alphabet, c) * w
		w = w * 3 % 31
	}
	return v + string(alphabet[(31-sum%31)%31])
}

func makeEmail(r *rand.Rand) string {
	return pick(r, []string{"li.wei", "zhang_san", "wang5", "a-b", "test+tag"}) + digits(r, 2) + "@" + pick(r, []string{"example.com", "mail.example.cn", "qq.com", "bank-x.com.cn"})
}

func makePlate(r *rand.Rand) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	return pick(r, []string{"京", "沪", "粤", "川"}) + string(letters[r.IntN(24)]) + pick(r, []string{"", "D"}) + digits(r, 5)
}

func makeKey(r *rand.Rand) string {
	const all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	v := pick(r, []string{"sk-", "ghp_", "AKIA", "LTAI", "hf_"})
	for range 36 {
		v += string(all[r.IntN(len(all))])
	}
	return v + "a1"
}

// disguise writes a value as people and scanners do.
func disguise(r *rand.Rand, k Kind, v string) string {
	numeric := k == IDCard || k == BankCard || k == Phone
	switch r.IntN(7) {
	case 0:
		return strings.Map(func(c rune) rune {
			if c > ' ' && c < 0x7F {
				return c + 0xFEE0
			}
			return c
		}, v)
	case 1:
		if numeric {
			return grouped(v, 4, pick(r, []string{" ", "-", "\u3000"}))
		}
	case 2:
		if numeric {
			i := 4 + r.IntN(len(v)-8)
			return v[:i] + pick(r, []string{"\n", "\r\n", "-\n"}) + v[i:]
		}
	case 3:
		if numeric {
			return grouped(v, 1, " ")
		}
	case 4:
		if k == IDCard || k == BankCard {
			return strings.Replace(v, "0", "O", 1)
		}
	case 5:
		i := 1 + r.IntN(len(v)-1)
		if v[i] < 0x80 && v[i-1] < 0x80 {
			return v[:i] + "\u200b" + v[i:]
		}
	}
	return v
}

func grouped(v string, n int, sep string) string {
	var parts []string
	for ; len(v) > n; v = v[n:] {
		parts = append(parts, v[:n])
	}
	return strings.Join(append(parts, v), sep)
}

// hardNegative looks like private data and is none.
func hardNegative(r *rand.Rand) string {
	wrong := func(v string, alphabet string) string {
		last := v[len(v)-1]
		for {
			if c := alphabet[r.IntN(len(alphabet))]; c != last {
				return v[:len(v)-1] + string(c)
			}
		}
	}
	switch r.IntN(12) {
	case 0:
		return wrong(makeID(r), "0123456789")
	case 1:
		return wrong(makeCard(r), "0123456789")
	case 2:
		return "订单 " + "7" + digits(r, 15+r.IntN(6))
	case 3:
		return fmt.Sprintf("%d.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
	case 4:
		return fmt.Sprintf("2026-%02d-%02d %02d:%02d:%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
	case 5:
		return "圆周率 3." + digits(r, 18)
	case 6:
		return fmt.Sprintf("%x%x", r.Uint64(), r.Uint64())
	case 7:
		return fmt.Sprintf("%s-%s", digits(r, 4), digits(r, 3))
	case 8:
		return "user@localhost 和 @张三 以及 a@b"
	case 9:
		return "12" + digits(r, 9) // begins as no mobile number does
	case 10:
		return "sk-learn 与 sk-image，AKIA 开头"
	}
	return fmt.Sprintf("%d 元，共 %d,%03d,%03d 元", r.IntN(1e6), 1+r.IntN(9), r.IntN(1000), r.IntN(1000))
}

// TestPrivate measures on generated data: what is found of what is there, and what is
// found that is not.
func TestPrivate(t *testing.T) {
	cases := 100_000
	if testing.Short() {
		cases = 5_000
	}
	makers := []struct {
		kind Kind
		make func(*rand.Rand) string
	}{
		{IDCard, makeID}, {BankCard, makeCard}, {CreditCode, makeCredit}, {Email, makeEmail}, {Plate, makePlate}, {APIKey, makeKey},
		{Phone, func(r *rand.Rand) string {
			return pick(r, []string{"", "", "+86", "86", "0086"}) + "1" + string("3456789"[r.IntN(7)]) + digits(r, 9)
		}},
		{Phone, func(r *rand.Rand) string {
			return pick(r, []string{"010-6", "021-5", "0755-8", "0571-8"}) + digits(r, 7)
		}},
		{Passport, func(r *rand.Rand) string { return pick(r, []string{"E", "G", "EA", "EB"}) + digits(r, 8) }},
	}
	r := rand.New(rand.NewPCG(8, 8))
	hit, there, wrong := map[Kind]int{}, map[Kind]int{}, map[Kind]int{}
	found, right, positives := 0, 0, 0
	for range cases {
		text := pick(r, []string{"请联系", "他的号码是", "编号：", "see ", "材料（", ""})
		want, kind := "", Kind("")
		if r.IntN(2) == 0 {
			m := makers[r.IntN(len(makers))]
			kind = m.kind
			v := m.make(r)
			if kind == Passport && len(v) > 9 {
				v = v[:9]
			}
			want = disguise(r, kind, v)
			there[kind]++
			positives++
		} else {
			want = hardNegative(r)
		}
		start := len(text)
		text += want
		end := len(text)
		text += pick(r, []string{"。", "，谢谢", " thanks", "）", "\n", ""})
		ok := false
		s := NewScanner()
		for _, p := range wholePieces(r, text) {
			s.Feed(p)
		}
		s.End()
		for _, f := range s.Found {
			found++
			if f.Kind == kind && f.Start == start && f.End == end {
				right++
				ok = true
			} else {
				wrong[f.Kind]++
				if wrong[f.Kind] < 4 {
					t.Logf("wrongly %s: %q in %q (%s)", f.Kind, text[f.Start:f.End], text, kind)
				}
			}
		}
		if ok {
			hit[kind]++
		} else if kind != "" && there[kind]-hit[kind] < 4 {
			t.Logf("missed %s: %q", kind, text)
		}
	}
	recall, precision := float64(right)/float64(positives), float64(right)/float64(found)
	t.Logf("%d cases: recall %.4f, precision %.4f", cases, recall, precision)
	for _, k := range Kinds() {
		t.Logf("%-12s recall %.4f of %d, wrongly %d", k, float64(hit[k])/float64(max(1, there[k])), there[k], wrong[k])
	}
	if recall < 0.99 || precision < 0.98 {
		t.Error("below recall 0.99 and precision 0.98")
	}
}

// wholePieces cuts a text between characters.
func wholePieces(r *rand.Rand, text string) []string {
	rs := []rune(text)
	var list []string
	for len(rs) > 0 {
		n := min(1+r.IntN(5), len(rs))
		list, rs = append(list, string(rs[:n])), rs[n:]
	}
	return list
}
