package dialogs

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"parom/core"
	"parom/core/lang"
)

func TestArgs_KeepTheirTypesWhileALineWaits(t *testing.T) {
	in := Args{
		"Name": "Иван <b>", "Count": int64(3), "SizeBytes": int64(1) << 40, "At": time.UnixMicro(1_700_000_000_000_000).UTC(),
		"For": 90 * time.Second, "Kind": core.Voice, "Why": core.TooLarge, "Words": core.Styled("да", core.Bold), "Yes": true,
		"Number": "12", "List": []string{"a", "b"}, "None": []string{}, "Ref": lang.Ref{Key: "x", Args: lang.Args{"At": 2 * time.Second}}, "Zero": time.Duration(0),
	}
	b, err := json.Marshal(Line{Key: "x", Args: in})
	if err != nil {
		t.Fatal(err)
	}
	var out Line
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out.Args) {
		t.Errorf("got  %#v\nwant %#v", out.Args, in)
	}
}
