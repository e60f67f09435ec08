package demo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long anything may take to show up on the page.
const patience = 20 * time.Second

// tab is one browser window.
type tab struct {
	t   *testing.T
	ctx context.Context
	mu  sync.Mutex
	bad []string // errors the page's console showed
}

func openTab(t *testing.T) *tab {
	t.Helper()
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		t.Skip("no chromium in PATH (Debian: apt-get install chromium): the page was not tried in a browser")
	}
	options := append([]chromedp.ExecAllocatorOption{chromedp.ExecPath(chromium), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1440, 900)},
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("mute-audio", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	alloc, stopBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopTab := chromedp.NewContext(alloc)
	x := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var reader sync.WaitGroup
	reader.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				x.complain(m.String())
			}
		}
	})
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		stopTab()
		stopBrowser()
		reader.Wait()
		if t.Failed() {
			return
		}
		for _, s := range x.complaints() {
			t.Errorf("the browser complained: %s", s)
		}
	})
	x.do(chromedp.EmulateViewport(1440, 900))
	return x
}

func (x *tab) complain(s string) {
	x.mu.Lock()
	x.bad = append(x.bad, s)
	x.mu.Unlock()
}

func (x *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		x.shoot("failed")
		x.t.Fatalf("%v; the console: %q", err, x.complaints())
	}
}

func (x *tab) complaints() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]string(nil), x.bad...)
}

// find is a script for the last element of a selector whose text contains something.
func find(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter(n => n.checkVisibility() && n.textContent.includes(%q)).at(-1)`, selector, text)
}

// see waits until an element of a selector shows a text.
func (x *tab) see(selector, text string) {
	x.t.Helper()
	x.wait(find(selector, text), selector+" with "+text)
}

func (x *tab) wait(script, what string) {
	x.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		var ok bool
		// A page under way to another has no answer yet; the last error is told.
		if ok, err = chromedp.Run(x.ctx, chromedp.Evaluate[bool]("Boolean("+script+")")); ok {
			return
		}
	}
	x.shoot("failed")
	x.t.Fatalf("not seen: %s (%v); the console: %q", what, err, x.complaints())
}

// click waits for an element and clicks where it is, as a person would.
func (x *tab) click(selector, text string) {
	x.t.Helper()
	x.see(selector, text)
	place := `(() => { const n = ` + find(selector, text) + `; n.scrollIntoView({block: "nearest"}); const r = n.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2; return n.contains(document.elementFromPoint(x, y)) ? [x, y] : null; })()`
	x.wait(place, selector+" with "+text+", not covered")
	at := value[[]float64](x, place)
	x.do(chromedp.MouseClickXY(at[0], at[1]))
}

// write types into a side's field and presses Enter.
func (x *tab) write(side, text string) {
	x.t.Helper()
	x.focus(side + " textarea")
	x.press(text)
	x.press(kb.Enter)
}

func (x *tab) focus(selector string) {
	x.t.Helper()
	x.see(selector, "")
	x.eval(fmt.Sprintf("document.querySelector(%q).focus()", selector))
}

func (x *tab) press(keys string) {
	x.t.Helper()
	x.do(chromedp.KeyEvent(keys))
}

func (x *tab) eval(script string) {
	x.t.Helper()
	value[bool](x, "("+script+", true)")
}

func value[T any](x *tab, script string) T {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		x.shoot("failed")
		x.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// shoot writes a picture into the folder PAROM_SHOTS, when there is one.
func (x *tab) shoot(name string) {
	folder := os.Getenv("PAROM_SHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	// The pointer away, so that nothing is shown as hovered.
	err := chromedp.Do(ctx, chromedp.MouseEvent("mouseMoved", 2, 2), chromedp.Sleep(250*time.Millisecond))
	var b []byte
	if err == nil {
		b, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), b, 0o644)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		x.t.Logf("picture %s: %v", name, err)
	}
}

// fits fails when the page is wider than the window or a part sticks out of it.
func (x *tab) fits(what string) {
	x.t.Helper()
	list := value[[]string](x, `(() => {
		const wide = document.documentElement.scrollWidth > innerWidth ? ["the page: " + document.documentElement.scrollWidth] : [];
		for (const n of document.querySelectorAll("body *")) {
			if (!n.checkVisibility() || n.closest(".rows, .bots, .sprite, .queue, .skip")) continue;
			const r = n.getBoundingClientRect();
			if (r.width > 1 && (r.right > innerWidth + 1 || r.left < -1)) wide.push(n.tagName + "." + n.className + " " + Math.round(r.left) + "…" + Math.round(r.right));
		}
		return wide;
	})()`)
	if len(list) > 0 {
		x.shoot("too-wide")
		x.t.Errorf("%s: sticks out of the window: %v", what, list)
	}
}

// upload chooses files in a side's field.
func (x *tab) upload(side string, files ...string) {
	x.t.Helper()
	x.do(chromedp.SetUploadFiles(chromedp.CSS(side+" input[type=file]"), files))
}

func (x *tab) size(width, height int64, phone bool) {
	x.t.Helper()
	options := []chromedp.EmulateViewportOption{}
	if phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	x.do(chromedp.EmulateViewport(width, height, options...))
}

func (x *tab) dark(on bool) {
	x.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	x.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

func (x *tab) open(url string) {
	x.t.Helper()
	x.do(chromedp.Navigate(url))
	x.wait(`document.querySelector("#state.on")`, "the page connected")
}

// landscape is a picture worth looking at: a sky, a sun, waves.
func landscape(t *testing.T) string {
	t.Helper()
	const w, h = 480, 220
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(250 - y/3), uint8(196 - y/6), uint8(150 + y/4), 255}
			if math.Hypot(float64(x-330), float64(y-74)) < 34 {
				c = color.RGBA{255, 244, 214, 255}
			}
			for i, base := range []float64{122, 150, 182} {
				if float64(y) > base+10*math.Sin(float64(x)/(34+9*float64(i))+float64(i)) {
					c = color.RGBA{uint8(40 - 10*i), uint8(140 - 30*i), uint8(160 - 24*i), 255}
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "volna.png")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// program builds cmd/parom and runs its demo; it returns the page's address.
func program(t *testing.T, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "parom")
	if out, err := exec.Command("go", "build", "-o", binary, "parom/cmd/parom").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, append([]string{"demo", "--listen", "127.0.0.1:0"}, args...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	url, lines := "", bufio.NewScanner(stdout)
	for url == "" && lines.Scan() {
		if i := strings.Index(lines.Text(), "http://"); i >= 0 {
			url = strings.Fields(lines.Text()[i:])[0]
		}
	}
	go func() {
		for lines.Scan() { // keep the pipe from filling
		}
		ended <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("parom demo ended: %v\n%s", err, log.String())
			}
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
			t.Errorf("parom demo did not stop\n%s", log.String())
		}
		if t.Failed() {
			t.Logf("parom demo:\n%s", log.String())
		}
	})
	if url == "" {
		t.Fatalf("parom demo printed no address")
	}
	return url
}

// quote selects a fragment of the message with a text and answers it.
func (x *tab) quote(side, text, fragment string) {
	x.t.Helper()
	x.see(side+" .msg", text)
	x.eval(`(() => {
		const node = ` + find(side+" .msg", text) + `, text = node.querySelector(".text");
		node.scrollIntoView({block: "center"});
		const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const at = walk.currentNode.data.indexOf(` + quoted(fragment) + `);
			if (at < 0) continue;
			const r = document.createRange();
			r.setStart(walk.currentNode, at);
			r.setEnd(walk.currentNode, at + ` + fmt.Sprint(len([]rune(fragment))) + `);
			getSelection().removeAllRanges();
			getSelection().addRange(r);
		}
		node.querySelector(".acts button").click();
	})()`)
}

// quoted is a string as scripts write it.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}
