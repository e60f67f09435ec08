package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"parom/core/lang"
)

// story is what is said in a run of the demo, in one language.
type story struct {
	language, picture                         string
	question, bold, number, numberMore, photo string
	answer, note, later, laterMore, fragment  string
	igor, emma                                string
}

var stories = []story{
	{
		language: "ru", picture: "demo.ru",
		question: "Здравствуйте! Где мой заказ 4711? Обещали **вчера**.", bold: "вчера",
		number: "Телефон в заказе +7 900 000-00-0", numberMore: "1", photo: "И подскажите, есть ли такая же открытка?",
		answer: "Анна, добрый день! Посылка уже в городе, курьер будет сегодня до 18:00.",
		note:   "// Максим, проверь склад: открытки «Волна»", later: "Да, открытка есть, добавить к зака", laterMore: "зу?", fragment: "такая же открытка",
		igor: "Не получается войти в личный кабинет", emma: "Hello! Do you ship to Finland?",
	},
	{
		language: "en", picture: "demo",
		question: "Hello! Where is my order 4711? It was due **yesterday**.", bold: "yesterday",
		number: "The phone on it is +7 900 000-00-0", numberMore: "1", photo: "And do you have a postcard like this?",
		answer: "Good afternoon, Anna! The parcel is in town, the courier comes today before 6 pm.",
		note:   "// Maxim, check the stock: postcards “Volna”", later: "Yes, we have it. Shall I add it to your ord", laterMore: "er?", fragment: "a postcard like this",
		igor: "I cannot sign in to my account", emma: "Hello! Do you ship to Finland?",
	},
}

// raceDetector is set by a build with it.
var raceDetector bool

// The real program: what a newcomer does in the first five minutes. With
// PAROM_SHOTS it is played in both languages, for the pictures.
func TestBrowser(t *testing.T) {
	if raceDetector {
		t.Skip("the program it starts is not built with the race detector: it has a run of its own")
	}
	for i, st := range stories {
		if i > 0 && os.Getenv("PAROM_SHOTS") == "" {
			break
		}
		t.Run(st.language, func(t *testing.T) { play(t, st) })
	}
}

func play(t *testing.T, st story) {
	p := lang.For(st.language)
	first := func(key string) string { return firstWord(p.Text("demo." + key)) }
	anna, olga, maxim := first("customer_anna"), p.Text("demo.operator_olga"), first("operator_maxim")
	take := p.Text("button.take")
	url := program(t, "--lang", st.language)
	x := openTab(t)
	x.open(url)
	x.shoot("empty-" + st.language)

	// A customer writes; a topic appears.
	x.click("#customers [data-start]", "")
	x.see("#customers .msg.own", "/start")
	x.write("#customers", st.question)
	x.click("#topic-rows .row-item", anna)
	x.see("#staff .bubble strong", st.bold)

	// The card's button: its pop-up, and the card says who answers.
	x.see("#staff .bubble", p.Text("card.nobody"))
	x.click("#staff .buttons button", take)
	x.see(".toast", p.Text("popup.take"))
	x.see("#staff .bubble", p.Text("card.assignee", lang.Args{"Who": olga}))

	// The answer comes to the customer; its sign to the operator.
	x.write("#staff", st.answer)
	x.see("#customers .msg:not(.own) .bubble", st.answer)
	x.see("#staff .msg.own .signs", "👌")

	// A picture with a caption crosses.
	x.upload("#customers", landscape(t))
	x.wait(`document.querySelector("#customers .queue li")`, "the picture waiting")
	x.write("#customers", st.photo)
	x.wait(`[...document.querySelectorAll("#customers .msg.own img")].some(i => i.complete && i.naturalWidth)`, "the picture at the customer")
	x.wait(`[...document.querySelectorAll("#staff .bubble img")].some(i => i.complete && i.naturalWidth)`, "the picture in the topic")
	x.see("#staff .bubble", st.photo)

	// A note stays; an answer quotes a fragment; the operator edits it.
	x.write("#staff", st.note)
	x.see("#staff .msg.own", st.note)
	x.quote("#staff", st.photo, st.fragment)
	x.see("#staff .about .fragment", st.fragment)
	x.write("#staff", st.later)
	x.see("#customers .msg:not(.own) .cited", st.fragment)
	x.focus("#staff textarea")
	x.press(kb.ArrowUp)
	x.see("#staff .about", p.Text("demo.editing"))
	x.press(st.laterMore + kb.Enter)
	x.see("#customers .msg:not(.own) .bubble", st.later+st.laterMore)
	x.wait(`!document.querySelector("#customers .history").textContent.includes(`+quoted(st.note[3:])+`)`, "the note kept from the customer")

	// Others write, to the other bot too: topics of their own, unread.
	x.click("#customer-rows .row-item", first("customer_igor"))
	x.click("#customers .bots button", p.Text("demo.bot_support"))
	x.click("#customers [data-start]", "")
	x.write("#customers", st.igor)
	x.click("#customer-rows .row-item", "Emma")
	x.click("#customers [data-start]", "")
	x.write("#customers", st.emma)
	x.see("#topic-rows .row-item", first("customer_igor"))
	x.see("#topic-rows .row-item", "Emma")
	x.wait(`document.querySelectorAll("#topic-rows .badge").length === 2`, "two topics with something unread")

	// Back to the first talk, for the picture.
	x.click("#customer-rows .row-item", anna)
	x.see("#customers .msg .cited", st.fragment)
	x.wait(`!document.querySelector(".toast")`, "the pop-up gone")
	x.fits("wide")
	x.size(1440, 960, false)
	x.shoot(st.picture)
	x.size(1440, 900, false)

	// The customer edits; the operators see it.
	x.write("#customers", st.number)
	x.see("#staff .bubble", st.number)
	x.focus("#customers textarea")
	x.press(kb.ArrowUp)
	x.see("#customers .about", p.Text("demo.editing"))
	x.press(st.numberMore + kb.Enter)
	x.see("#customers .msg.own .bubble", st.number+st.numberMore)
	x.see("#staff .bubble", st.number+st.numberMore)

	// A file of the operator's is a link at the customer.
	price := filepath.Join(t.TempDir(), "price-2026.csv")
	if err := os.WriteFile(price, []byte(strings.Repeat("blue mug 490\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	x.upload("#staff", price)
	x.wait(`document.querySelector("#staff .queue li")`, "the file waiting")
	x.focus("#staff textarea")
	x.press(kb.Enter)
	x.see("#customers a.paper", "price-2026.csv")
	x.wait(`fetch(document.querySelector("#customers a.paper").href).then(r => r.text()).then(s => { window.fetched = s; }) && window.fetched.length === 13000`, "the file's bytes")

	// Another operator presses too late.
	x.click("#actors label", maxim)
	x.click("#staff .buttons button", take)
	x.see(".toast", p.Text("popup.taken", lang.Args{"Who": olga}))
	x.everywhere(url, st.language)
}

// everywhere looks at the page in other shapes and colours.
func (x *tab) everywhere(url, language string) {
	x.t.Helper()
	for _, v := range []struct {
		name          string
		width, height int64
		phone, dark   bool
	}{
		{"wide-dark", 1440, 900, false, true},
		{"middle", 1100, 760, false, false},
		{"phone", 390, 844, true, false},
		{"phone-dark", 360, 740, true, true},
	} {
		x.size(v.width, v.height, v.phone)
		x.dark(v.dark)
		x.open(url)
		name := v.name + "-" + language
		x.see("#customer-rows .row-item", "")
		dark := value[bool](x, `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).colorScheme.includes("dark")`)
		if dark != v.dark {
			x.t.Errorf("%s: dark is %v", name, dark)
		}
		x.fits(name)
		x.shoot(name)
		if !v.phone {
			continue
		}
		x.click("#customer-rows .row-item[aria-current]", "")
		x.see("#customers .msg", "")
		x.fits(name + " customer")
		x.shoot(name + "-customer")
		x.click("#tab-staff", "")
		x.see("#topic-rows .row-item", "")
		x.fits(name + " topics")
		x.shoot(name + "-topics")
		x.click("#topic-rows .row-item[aria-current]", "")
		x.see("#staff .msg", "")
		x.fits(name + " topic")
		x.shoot(name + "-topic")
		x.click("#staff .back", "")
		x.click("#tab-customers", "")
	}
}
