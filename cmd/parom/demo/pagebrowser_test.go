package demo

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The page's own abilities, with the scripted gateway behind it.
func TestBrowserPage(t *testing.T) {
	s := run(t, Options{Gateway: runFake})
	x := openTab(t)
	x.open(s.url)
	x.shoot("page-empty")
	x.click("#customers [data-start]", "")
	x.see("#customers .bubble", "Чем помочь?")

	x.write("#customers", "Здравствуйте! Где мой **заказ**?")
	x.see("#customers .msg.own strong", "заказ")
	x.see("#topic-rows .row-item", "Анна")
	x.see("#topic-rows .row-item .badge", "")
	x.shoot("page-topic")
	x.click("#topic-rows .row-item", "Анна")
	x.see("#staff .bubble", "Здравствуйте!")
	x.write("#staff", "Добрый день, Анна! Сейчас посмотрю.")
	x.see("#customers .bubble", "Сейчас посмотрю")

	// A button: its effect and its pop-up.
	x.click("#staff .buttons button", "Взять")
	x.see(".toast", "Диалог ваш")
	x.see("#staff .bubble", "диалог у Ольга")

	// The arrow up edits the last message; Escape gives it up.
	x.focus("#customers textarea")
	x.press(kb.ArrowUp)
	x.see("#customers .about", "Правка")
	x.press(kb.Escape)
	x.wait(`document.querySelector("#customers .about").hidden && !document.querySelector("#customers textarea").value`, "the edit given up")
	x.press(kb.ArrowUp)
	x.press(" Номер 4711")
	x.press(kb.Enter)
	x.see("#customers .msg.own .bubble", "Номер 4711")
	x.see("#customers .msg.own strong", "заказ")
	x.see("#customers .msg.own .meta", "изм.")

	// A picture, and its answer with a selected fragment.
	x.upload("#customers", landscape(t), landscape(t), landscape(t))
	x.wait(`document.querySelectorAll("#customers .queue li").length === 3`, "the files waiting")
	x.shoot("page-queue")
	x.write("#customers", "Вот такая")
	x.wait(`[...document.querySelectorAll("#customers .album img")].filter(i => i.complete && i.naturalWidth).length === 3`, "the album")
	x.eval(`(() => { const n = [...document.querySelectorAll("#customers .msg:not(.own) .text")].at(-1); const r = document.createRange(); r.setStart(n.firstChild, 0); r.setEnd(n.firstChild, 11); getSelection().removeAllRanges(); getSelection().addRange(r); })()`)
	x.eval(`document.querySelectorAll("#customers .msg:not(.own)")[document.querySelectorAll("#customers .msg:not(.own)").length - 1].querySelector(".acts button").click()`)
	x.see("#customers .about .fragment", "Добрый день")
	x.write("#customers", "И вам!")
	x.see("#customers .msg.own .cited.fragment", "Добрый день")

	// A reaction by keyboard: into the list, up, to the toolbar, Enter.
	x.focus("#customers .history")
	x.press(kb.ArrowUp)
	x.press(kb.ArrowUp)
	x.wait(`document.activeElement.matches("#customers .msg")`, "a message in focus")
	x.eval(`document.activeElement.querySelectorAll(".acts button")[1].focus()`)
	x.press(kb.Enter)
	x.wait(`document.activeElement.matches(".picker button")`, "the reactions")
	x.shoot("page-reactions")
	x.press(kb.Enter)
	x.see("#customers .signs", "👍")

	// What is deleted is gone.
	x.eval(`[...document.querySelectorAll("#customers .msg.own")].at(-1).querySelector('.acts button:last-child').click()`)
	x.wait(`![...document.querySelectorAll("#customers .bubble")].some(n => n.textContent.includes("И вам!"))`, "the message gone")

	// Blocked, unblocked; another customer with a parameter.
	x.click("#customers .bar button:last-child", "")
	x.click(".menu button", "Заблокировать")
	x.see("#customers .gate", "заблокирован")
	x.click("#customers .gate button", "Разблокировать")
	x.see("#customers textarea", "")
	x.click("#customer-rows .row-item", "Emma")
	x.click("#customers .gate button:last-child", "")
	x.see("dialog input", "")
	x.press(kb.Enter)
	x.see("#customers .msg.own", "/start order-4711")

	// What a customer writes is text, whatever it looks like.
	x.write("#customers", `<img src=x onerror="document.title='hacked'"><b>bold</b> & {{.Cast}}`)
	x.see("#customers .msg.own", `<img src=x onerror`)
	x.see("#topic-rows .row-item", "Emma")
	x.click("#topic-rows .row-item", "Emma")
	x.see("#staff .bubble", `<b>bold</b>`)
	x.wait(`!document.querySelector(".bubble img[src=x], .bubble b") && document.title !== "hacked"`, "no element out of text")

	// A closed topic: a plain member may not write, the owner may.
	x.click("#staff .talk .bar button:last-child", "")
	x.click(".menu button", "Закрыть тему")
	x.see("#topic-rows .closed", "Emma")
	x.click("#actors label", "Максим")
	x.see("#staff .gate", "закрыта")
	x.fits("wide")

	for _, view := range []struct {
		name          string
		width, height int64
		phone, dark   bool
		lang          string
	}{
		{"page-wide-dark", 1440, 900, false, true, "ru"},
		{"page-middle-light", 1024, 768, false, false, "en"},
		{"page-phone-light", 390, 844, true, false, "ru"},
		{"page-phone-dark", 360, 740, true, true, "en"},
	} {
		x.size(view.width, view.height, view.phone)
		x.dark(view.dark)
		x.open(s.url + "/?lang=" + view.lang)
		x.see("#customer-rows .row-item", "")
		x.fits(view.name)
		x.shoot(view.name)
		if view.width > 820 {
			continue
		}
		x.click("#customer-rows .row-item", "")
		x.fits(view.name + " talk")
		x.shoot(view.name + "-talk")
		x.click("#tab-staff", "")
		x.see("#topic-rows .row-item", "")
		x.fits(view.name + " topics")
		x.shoot(view.name + "-topics")
		x.click("#topic-rows .row-item", "Анна")
		x.see("#staff .msg", "")
		x.fits(view.name + " topic")
		x.shoot(view.name + "-topic")
		x.click("#staff .back", "")
		x.click("#tab-customers", "")
	}
}
