package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// hfQuantize is quantization_config.
type hfQuantize struct {
	Method     string   `json:"quant_method"`
	Class      string   `json:"linear_class"`
	Mode       string   `json:"quantization_mode"`
	RMSNorm    bool     `json:"use_rms_norm"`
	NotConvert []string `json:"modules_to_not_convert"`
}

// check refuses what would be read wrongly.
func (q *hfQuantize) check() error {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("quantization_config."+format, args...))
	}
	if q.Method != "bitnet" {
		refuse("quant_method is %q, want \"bitnet\"", q.Method)
	}
	if !slices.Contains([]string{"", "bitlinear", "autobitlinear"}, q.Class) {
		refuse("linear_class is %q, want \"bitlinear\" or \"autobitlinear\"", q.Class)
	}
	if !slices.Contains([]string{"", "offline", "online"}, q.Mode) {
		refuse("quantization_mode is %q, want \"offline\" or \"online\"", q.Mode)
	}
	if q.RMSNorm {
		refuse("use_rms_norm is true: norms inside the linear layers are not supported")
	}
	return errors.Join(errs...)
}

// divides reports whether weight_scale is 1/mean|W|, as the older bitlinear class
// stores it, rather than mean|W|.
func (q *hfQuantize) divides() bool { return q.Class != "autobitlinear" }

// online reports whether float weights are masters to be made ternary.
func (q *hfQuantize) online() bool { return q.Class == "autobitlinear" && q.Mode == "online" }

// converts reports whether the library made module name, such as
// "model.layers.0.mlp.up_proj", one of its ternary layers.
func (q *hfQuantize) converts(name string) bool {
	return !slices.ContainsFunc(q.NotConvert, func(m string) bool { return strings.Contains(name, m) })
}

// quantization says for people how linear weights are stored: by the types that they have,
// for a directory of packed ones may say all that one of masters does.
func (h *hf) quantization(roles []Role) string {
	packed, masters := false, false
	for _, r := range roles {
		if d, _ := h.info(r.HF + ".weight"); r.Kind == KindProjection {
			packed = packed || d == dtype.U8
			masters = masters || IsFloat(d) && h.master(r.HF)
		}
	}
	switch {
	case packed && h.divides():
		return "packed ternary, divided by weight_scale (bitlinear)"
	case packed:
		return "packed ternary, multiplied by weight_scale (autobitlinear)"
	case masters:
		return "float master weights, made ternary while loading (absmean)"
	}
	return "none (dense)"
}
