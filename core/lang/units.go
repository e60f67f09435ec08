package lang

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const noBreakSpace = "\u00a0"

// Number groups from five digits on: "12 500", "12,500".
func (p *Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < 5 {
		return s
	}
	head := (len(digits)-1)%3 + 1
	groups := []string{digits[:head]}
	for i := head; i < len(digits); i += 3 {
		groups = append(groups, digits[i:i+3])
	}
	return strings.TrimSuffix(s, digits) + strings.Join(groups, p.Text("unit.thousands"))
}

// decimal shows at most places digits behind the language's decimal mark.
func (p *Printer) decimal(f float64, places int) string {
	s := strconv.FormatFloat(f, 'f', places, 64)
	if whole, fraction, ok := strings.Cut(s, "."); ok {
		fraction = strings.TrimRight(fraction, "0")
		if fraction == "" {
			return whole
		}
		return whole + p.Text("unit.decimal") + fraction
	}
	return s
}

var sizeUnits = []string{"unit.b", "unit.kb", "unit.mb", "unit.gb", "unit.tb"}

// Bytes is a size as people and the networks' clients write it, a megabyte
// being 1024·1024: "12,5 МБ".
func (p *Printer) Bytes(n int64) string { return p.bytes(n, 1) }

func (p *Printer) bytes(n int64, places int) string {
	f, unit := float64(n), 0
	for f >= 999.5 && unit < len(sizeUnits)-1 {
		f /= 1024
		unit++
	}
	if f >= 100 && places == 1 || unit == 0 {
		places = 0
	}
	return p.decimal(f, places) + noBreakSpace + p.Text(sizeUnits[unit])
}

// BytesApart writes two sizes with as many digits as it takes to tell them
// apart, for "20.001 MB, but at most 20 MB goes".
func (p *Printer) BytesApart(a, b int64) (string, string) {
	places := 1
	for places < 4 && a != b && p.bytes(a, places) == p.bytes(b, places) {
		places++
	}
	return p.bytes(a, places), p.bytes(b, places)
}

var durationUnits = []struct {
	d   time.Duration
	key string
}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}

// Duration is a length of time in its two largest units, short: "2 ч 5 мин".
// Seconds are told below ten minutes.
func (p *Printer) Duration(d time.Duration) string { return p.duration(d, "unit.%s_short") }

// DurationWords is Duration in words, as it stands after "in" or "for" (in
// Russian the accusative, after "через" or "на"): "1 минуту", "2 часа 5 минут".
func (p *Printer) DurationWords(d time.Duration) string { return p.duration(d, "unit.%s") }

func (p *Printer) duration(d time.Duration, keys string) string {
	if d < 0 {
		d = -d
	}
	if d < 10*time.Minute {
		d = d.Round(time.Second)
	} else {
		d = d.Round(time.Minute)
	}
	var parts []string
	for i, u := range durationUnits {
		n := int64(d / u.d)
		d %= u.d
		if n > 0 || i == len(durationUnits)-1 && len(parts) == 0 {
			parts = append(parts, p.Text(fmt.Sprintf(keys, u.key), Args{"Count": n}))
		} else if len(parts) > 0 {
			break // "2 days 5 minutes" pretends to a precision nobody needs
		}
		if len(parts) == 2 {
			break
		}
	}
	return strings.Join(parts, " ")
}

// Playing is the length of a recording: "0:07", "1:02:03".
func (p *Printer) Playing(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Clock is the time of day: "14:03".
func (p *Printer) Clock(t time.Time) string { return t.In(p.loc).Format("15:04") }

// Date is day and month: "21 ноября", "November 21".
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.loc)
	return p.Text("unit.date", Args{"Day": t.Day(), "Month": p.month(t)})
}

// DateYear is Date with the year: "21 ноября 2026", "November 21, 2026".
func (p *Printer) DateYear(t time.Time) string {
	t = t.In(p.loc)
	return p.Text("unit.date_year", Args{"Day": t.Day(), "Month": p.month(t), "Year": t.Year()})
}

func (p *Printer) month(t time.Time) string { return p.Text(fmt.Sprintf("unit.month_%d", t.Month())) }

// Weekday is the short name of the day: "сб".
func (p *Printer) Weekday(t time.Time) string {
	return p.Text(fmt.Sprintf("unit.weekday_%d", t.In(p.loc).Weekday()))
}

// DateTime is Date and Clock: "21 ноября, 14:03".
func (p *Printer) DateTime(t time.Time) string { return p.Date(t) + ", " + p.Clock(t) }

// When is t as somebody at now would say it: only the time for today,
// "вчера, 14:03", the date without the year for the last half year.
func (p *Printer) When(t, now time.Time) string {
	t, now = t.In(p.loc), now.In(p.loc)
	switch days := daysBetween(t, now); {
	case days == 0:
		return p.Clock(t)
	case days == 1:
		return p.Text("unit.yesterday") + ", " + p.Clock(t)
	case days == -1:
		return p.Text("unit.tomorrow") + ", " + p.Clock(t)
	case days < 180 && days > -180:
		return p.DateTime(t)
	}
	return p.DateYear(t) + ", " + p.Clock(t)
}

// daysBetween counts midnights from t to now, both in one zone.
func daysBetween(t, now time.Time) int {
	y, m, d := t.Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = now.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(from) / (24 * time.Hour))
}

func toInt64(v any) int64 {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case int64:
		return v
	case uint:
		return int64(v)
	case uint8:
		return int64(v)
	case uint16:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		return int64(v)
	}
	return 0
}
