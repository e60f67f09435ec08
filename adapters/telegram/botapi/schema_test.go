package botapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// schema is the machine-readable Bot API, extra test data.
type schema struct {
	Methods map[string]schemaMethod
	Types   map[string]schemaType
}

type schemaMethod struct {
	Fields  []schemaField
	Returns []string
}

type schemaType struct {
	Fields   []schemaField
	Subtypes []string
}

type schemaField struct {
	Name     string
	Required bool
	Types    []string
}

func loadSchema(t *testing.T) schema {
	t.Helper()
	dir := os.Getenv("PAROM_SHARED")
	if dir == "" {
		dir = "../../../../shared"
	}
	b, err := os.ReadFile(filepath.Join(dir, "specs", "telegram-bot-api.json"))
	if err != nil {
		t.Skip("no extra test data (PAROM_SHARED): requests are not held against the Bot API schema")
	}
	var s schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// field finds a field of a type, or of any of its subtypes.
func (s schema) field(typ, name string) (schemaField, bool) {
	for _, sub := range append([]string{typ}, s.Types[typ].Subtypes...) {
		for _, f := range s.Types[sub].Fields {
			if f.Name == name {
				return f, true
			}
		}
	}
	return schemaField{}, false
}

// check holds a decoded JSON value against the types a field may have and returns
// the complaint of the closest.
func (s schema) check(path string, v any, types []string) string {
	var why string
	for _, typ := range types {
		if why = s.checkOne(path, v, typ); why == "" {
			return ""
		}
	}
	return why
}

func (s schema) checkOne(path string, v any, typ string) string {
	bad := fmt.Sprintf("%s: %v is no %s", path, v, typ)
	if of, ok := strings.CutPrefix(typ, "Array of "); ok {
		list, ok := v.([]any)
		if !ok {
			return bad
		}
		for i, e := range list {
			if why := s.checkOne(fmt.Sprintf("%s[%d]", path, i), e, of); why != "" {
				return why
			}
		}
		return ""
	}
	switch typ {
	case "Integer", "Float":
		n, ok := v.(float64)
		if !ok || typ == "Integer" && n != float64(int64(n)) {
			return bad
		}
		return ""
	case "String", "InputFile":
		if _, ok := v.(string); !ok {
			return bad
		}
		return ""
	case "Boolean", "True":
		if _, ok := v.(bool); !ok {
			return bad
		}
		return ""
	}
	if subs := s.Types[typ].Subtypes; len(subs) > 0 {
		why := bad
		for _, sub := range subs {
			if why = s.checkOne(path, v, sub); why == "" {
				return ""
			}
		}
		return why
	}
	obj, ok := v.(map[string]any)
	if !ok {
		return bad
	}
	for name, e := range obj {
		f, ok := s.field(typ, name)
		if !ok {
			return fmt.Sprintf("%s: %s has no field %s", path, typ, name)
		}
		if why := s.check(path+"."+name, e, f.Types); why != "" {
			return why
		}
	}
	for _, f := range s.Types[typ].Fields {
		if _, ok := obj[f.Name]; f.Required && !ok {
			return fmt.Sprintf("%s: %s lacks %s", path, typ, f.Name)
		}
	}
	return ""
}

// request holds a form against its method.
func (s schema) request(method string, form map[string]string, files map[string]bool) []string {
	m, ok := s.Methods[method]
	if !ok {
		return []string{"no method " + method}
	}
	var out []string
	known := map[string]bool{}
	for _, f := range m.Fields {
		known[f.Name] = true
		v, sent := form[f.Name]
		if f.Required && !sent && !files[f.Name] {
			out = append(out, method+" lacks "+f.Name)
		}
		if !sent {
			continue
		}
		var decoded any = v
		if !slices.Contains(f.Types, "String") {
			if err := json.Unmarshal([]byte(v), &decoded); err != nil {
				out = append(out, fmt.Sprintf("%s.%s: %q is no JSON", method, f.Name, v))
				continue
			}
		} else if slices.Contains(f.Types, "Integer") {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				decoded = n
			}
		}
		if why := s.check(method+"."+f.Name, decoded, f.Types); why != "" {
			out = append(out, why)
		}
		for _, ref := range strings.Split(v, "attach://")[1:] {
			name, _, _ := strings.Cut(ref, `"`)
			if !files[name] {
				out = append(out, method+": nothing attached as "+name)
			}
			delete(files, name)
		}
	}
	for name := range form {
		if !known[name] {
			out = append(out, method+" has no parameter "+name)
		}
	}
	for name := range files {
		if !known[name] {
			out = append(out, method+": stray file "+name)
		}
	}
	return out
}

func TestEveryMethod_KeepsToTheSchema(t *testing.T) {
	s := loadSchema(t)
	for method, call := range calls {
		t.Run(method, func(t *testing.T) {
			asked := ""
			c, _ := server(t, func(w http.ResponseWriter, r *http.Request, m string) {
				asked = m
				form, files := map[string]string{}, map[string]bool{}
				if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
					if err := r.ParseMultipartForm(1 << 20); err != nil {
						t.Error(err)
						return
					}
					for name := range r.MultipartForm.File {
						files[name] = true
					}
				} else if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				for name, v := range r.Form {
					form[name] = v[0]
				}
				for _, why := range s.request(m, form, files) {
					t.Error(why)
				}
				answer(w, 200, `{"ok":true,"result":`+s.sample(s.Methods[m].Returns[0], 0)+`}`)
			})
			if err := call(t.Context(), c); err != nil {
				t.Error(err)
			}
			if asked != method {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

// sample writes a value with every field of its type, three levels deep: the
// decoder meets each field in the shape that the API gives it.
func (s schema) sample(typ string, depth int) string {
	if of, ok := strings.CutPrefix(typ, "Array of "); ok {
		return "[" + s.sample(of, depth) + "]"
	}
	switch typ {
	case "Integer":
		return "4503599627370496" // above 32 bits, as ids and sizes may be
	case "Float":
		return "1.5"
	case "String", "InputFile":
		return `"x"`
	case "Boolean", "True":
		return "true"
	}
	t := s.Types[typ]
	if len(t.Subtypes) > 0 {
		return s.sample(t.Subtypes[0], depth)
	}
	var fields []string
	for _, f := range t.Fields {
		if f.Required || depth < 3 {
			fields = append(fields, strconv.Quote(f.Name)+":"+s.sample(f.Types[0], depth+1))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func TestDecodeUpdate_TakesEveryFieldOfTheSchema(t *testing.T) {
	s := loadSchema(t)
	for _, f := range s.Types["Update"].Fields {
		if f.Name == "update_id" {
			continue
		}
		for _, typ := range append([]string{f.Types[0]}, s.Types[f.Types[0]].Subtypes...) {
			u := DecodeUpdate(json.RawMessage(`{"update_id":1,"` + f.Name + `":` + s.sample(typ, 0) + `}`))
			if u.Err != nil || u.Kind != f.Name {
				t.Errorf("%s: kind %q, %v", f.Name, u.Kind, u.Err)
			}
		}
	}
	for _, sub := range s.Types["ChatMember"].Subtypes {
		var m ChatMember
		if err := json.Unmarshal([]byte(s.sample(sub, 0)), &m); err != nil || m.User.FirstName != "x" {
			t.Errorf("%s: %v", sub, err)
		}
	}
	for _, sub := range s.Types["MessageOrigin"].Subtypes {
		var m MessageOrigin
		if err := json.Unmarshal([]byte(s.sample(sub, 0)), &m); err != nil || m.Date == 0 {
			t.Errorf("%s: %v", sub, err)
		}
	}
}

// TestMessage_NamesEveryFieldOfTheSchema holds that each field of a message is
// either its frame or names its content, as a service message or as something said.
func TestMessage_NamesEveryFieldOfTheSchema(t *testing.T) {
	s := loadSchema(t)
	for _, f := range s.Types["Message"].Fields {
		body := `{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},` + strconv.Quote(f.Name) + `:` + s.sample(f.Types[0], 1) + `}`
		var m Message
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		got := m.Content()
		switch {
		case f.Name == "text":
		case frame[f.Name]:
			if got != "" {
				t.Errorf("%s is of the frame, but names %q", f.Name, got)
			}
		case got != f.Name:
			t.Errorf("%s is named %q", f.Name, got)
		case !m.Service() && !userContent[f.Name]:
			t.Errorf("%s is neither a service message nor something said", f.Name)
		}
	}
}

// TestTypes_AreOfTheSchema holds that no field of our own types is misspelt.
func TestTypes_AreOfTheSchema(t *testing.T) {
	s := loadSchema(t)
	for name, v := range map[string]any{
		"Message": Message{}, "User": User{}, "ChatFullInfo": Chat{}, "MessageEntity": MessageEntity{}, "TextQuote": TextQuote{},
		"ExternalReplyInfo": ExternalReply{}, "MessageOrigin": MessageOrigin{}, "LinkPreviewOptions": LinkPreviewOptions{}, "Sticker": Sticker{},
		"Video": Video{}, "VideoNote": VideoNote{}, "Audio": Audio{}, "Animation": Animation{}, "Document": Document{}, "LivePhoto": LivePhoto{},
		"Poll": Poll{}, "PollOption": PollOption{}, "File": File{}, "ForumTopic": ForumTopic{}, "ForumTopicCreated": ForumTopicCreated{},
		"ForumTopicEdited": ForumTopicEdited{}, "ChatMember": ChatMember{}, "ChatMemberUpdated": ChatMemberUpdated{},
		"BusinessConnection": BusinessConnection{}, "BusinessBotRights": BusinessRights{}, "BusinessMessagesDeleted": BusinessMessagesDeleted{},
		"MessageReactionUpdated": MessageReactionUpdated{}, "CallbackQuery": CallbackQuery{}, "InlineQuery": InlineQuery{}, "Update": Update{},
		"WebhookInfo": WebhookInfo{}, "Giveaway": Giveaway{}, "Story": Story{}, "Checklist": Checklist{}, "InlineKeyboardButton": InlineButton{},
		"InlineKeyboardMarkup": InlineKeyboard{}, "ReplyKeyboardMarkup": ReplyKeyboard{}, "KeyboardButton": KeyboardButton{}, "ForceReply": ForceReply{},
		"ReplyKeyboardRemove": KeyboardRemove{}, "ReplyParameters": ReplyParameters{}, "InputMedia": InputMedia{},
	} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			f := typ.Field(i)
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || tag == "-" || tag == "" {
				continue
			}
			if _, ok := s.field(name, tag); !ok {
				t.Errorf("%s has no %s", name, tag)
			}
		}
	}
}
