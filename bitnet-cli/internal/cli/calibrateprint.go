package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-inference/tune"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// outlierRatio is how many times the median channel's root mean square one has that
// stands out.
const outlierRatio = 6

// shownOutliers is how many channels people are told of each input.
const shownOutliers = 4

// calibrateReport is what calibrate --json prints.
type calibrateReport struct {
	Model       *calibratedModel  `json:"model"`            // null if none was run
	Fingerprint string            `json:"fingerprint"`      // of the layers
	Merged      []string          `json:"merged,omitempty"` // files of statistics
	Saved       string            `json:"saved,omitempty"`
	Inputs      []calibratedInput `json:"inputs"`
	Measured    *calibrateGains   `json:"measured"` // null if nothing was
}

type calibratedModel struct {
	Name         string `json:"name"`
	Format       string `json:"format"`
	Quantization string `json:"quantization"`
}

// calibratedInput is an input of projections.
type calibratedInput struct {
	Layer     int     `json:"layer"`
	Input     string  `json:"input"`
	Width     int     `json:"width"`
	Tokens    uint64  `json:"tokens"`
	NotFinite uint64  `json:"not_finite"` // tokens left out
	AbsMax    float32 `json:"absmax"`
	RMS       float64 `json:"rms"`
	Mean      float64 `json:"mean"`
	// Outliers are channels of more than six times the median channel's RMS.
	Outliers []outlier `json:"outliers"`
	// Clip is null for what is not rounded.
	Clip *clipJSON `json:"clip"`
	// Magnitudes are the bins of |x| that are not empty.
	Magnitudes []magnitudeJSON `json:"magnitudes"`
}

type outlier struct {
	Channel int     `json:"channel"`
	RMS     float64 `json:"rms"`
	AbsMax  float32 `json:"absmax"`
}

// clipJSON is the share of each row's largest magnitude at which int8 has the least error.
type clipJSON struct {
	Share float64 `json:"share"`
	Gain  float64 `json:"gain"` // of squared error
}

type magnitudeJSON struct {
	From  float64  `json:"from"`
	To    *float64 `json:"to"` // null: no end
	Count uint64   `json:"count"`
}

// calibrateGains is what changes would do, measured on a text.
type calibrateGains struct {
	Tokens     int     `json:"tokens"` // predicted
	Perplexity float64 `json:"perplexity"`
	// HeldOut says that cuts and scales were searched for with the statistics of other
	// tokens than those measured, as far as this run can know of merged files; Searched is
	// of how many.
	HeldOut  bool              `json:"held_out"`
	Searched uint64            `json:"searched_tokens"`
	Clipping *tune.Clipping    `json:"clipping"`
	Scales   *tune.Scales      `json:"scales"` // null without float weights
	Heads    []tune.HeadChoice `json:"heads"`
}

// take lists the statistics.
func (r *calibrateReport) take(s *calibrate.Statistics) {
	r.Fingerprint, r.Inputs = s.Model, []calibratedInput{}
	for _, k := range inputKeys(s) {
		r.Inputs = append(r.Inputs, newCalibratedInput(k, s.Inputs[k]))
	}
}

// inputKeys returns the inputs by layer, and in the order in which a layer computes them.
func inputKeys(s *calibrate.Statistics) []calibrate.Key {
	keys := s.Keys()
	order := transformer.InputOrder()
	place := func(group string) int { // of unknown ones before all others
		return slices.IndexFunc(order, func(i transformer.Input) bool { return i.String() == group })
	}
	slices.SortStableFunc(keys, func(a, b calibrate.Key) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(place(a.Group), place(b.Group)))
	})
	return keys
}

func newCalibratedInput(k calibrate.Key, in *calibrate.Input) calibratedInput {
	c := calibratedInput{
		Layer: k.Layer, Input: k.Group, Width: in.Width(), Tokens: in.Tokens, NotFinite: in.NotFinite,
		AbsMax: in.Peak(), RMS: in.RMS(), Mean: in.Mean(), Outliers: []outlier{},
	}
	importance := in.Importance()
	for _, channel := range in.Outliers(outlierRatio) {
		c.Outliers = append(c.Outliers, outlier{channel, math.Sqrt(importance[channel]), in.AbsMax[channel]})
	}
	if in.Rounded {
		clip := in.Shares.Clip()
		c.Clip = &clipJSON{clip.Share, clip.Gain}
	}
	for i, n := range in.Magnitudes {
		if n > 0 {
			from, to := in.Magnitudes.Bounds(i)
			bin := magnitudeJSON{From: from, Count: n}
			if !math.IsInf(to, 1) {
				bin.To = &to
			}
			c.Magnitudes = append(c.Magnitudes, bin)
		}
	}
	return c
}

// inputColumns head inputRows.
var inputColumns = []column{
	{name: "layer", right: true},
	{name: "input"},
	{name: "tokens", right: true},
	{name: "absmax", right: true},
	{name: "rms", right: true},
	{name: "ratio", right: true},
	{name: "clip at", right: true},
	{name: "less error", right: true},
	{name: "outlier channels", cut: true},
}

// inputRows are of inputs.
func inputRows(inputs []calibratedInput) (rows [][]string) {
	for _, in := range inputs {
		clip, gain := "–", "–"
		if in.Clip != nil {
			clip, gain = fmt.Sprintf("%.4f", in.Clip.Share), fmt.Sprintf("%.2f %%", 100*in.Clip.Gain)
		}
		rows = append(rows, []string{
			fmt.Sprint(in.Layer), in.Input, fmt.Sprint(in.Tokens), fmt.Sprintf("%.4g", in.AbsMax), fmt.Sprintf("%.4g", in.RMS),
			fmt.Sprintf("%.1f", float64(in.AbsMax)/max(in.RMS, math.SmallestNonzeroFloat64)), clip, gain, outliers(in.Outliers),
		})
	}
	return rows
}

func (r *calibrateReport) print(s *Streams) error {
	if err := printTable(s.Out, s.width(), inputColumns, inputRows(r.Inputs)); err != nil {
		return err
	}
	if at := r.notFinite(); len(at) > 0 {
		fmt.Fprintln(s.Out, "note: "+leftOut(at))
	}
	if r.Measured != nil {
		if err := r.Measured.print(s); err != nil {
			return err
		}
	}
	if r.Saved != "" {
		fmt.Fprintf(s.Out, "\nsaved the statistics to %s\n", printable(r.Saved))
	}
	return nil
}

// leftOut says that tokens of inputs, of which there is one at least, do not count.
func leftOut(at []calibratedInput) string {
	after := ","
	if more := len(at) - 1; more > 0 {
		after = ", and some of " + plural(more, "input") + " after it,"
	}
	return fmt.Sprintf("%d tokens of layer %d, %s%s have values that are not finite and are left out", at[0].NotFinite, at[0].Layer, at[0].Input, after)
}

// notFinite lists the inputs that had values that are not finite.
func (r *calibrateReport) notFinite() (all []calibratedInput) {
	for _, in := range r.Inputs {
		if in.NotFinite > 0 {
			all = append(all, in)
		}
	}
	return all
}

// outliers names the channels that stand out most.
func outliers(all []outlier) string {
	if len(all) == 0 {
		return "none"
	}
	var channels []string
	for _, o := range all[:min(len(all), shownOutliers)] {
		channels = append(channels, fmt.Sprint(o.Channel))
	}
	text := fmt.Sprintf("%d: %s", len(all), strings.Join(channels, ", "))
	if len(all) > shownOutliers {
		text += ", …"
	}
	return text
}

func (g *calibrateGains) print(s *Streams) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nmeasured on %s of the text, perplexity %s\n", plural(g.Tokens, "token"), perplexity(g.Perplexity))
	if g.Tokens < tune.FewTokens {
		fmt.Fprintf(&b, "less than %d tokens do not tell gains from chance: give a longer text or --measure\n", tune.FewTokens)
	}
	fmt.Fprintln(&b, g.searched())
	fmt.Fprintln(&b, "KL is the divergence from the model as it is, in nats")
	g.printClipping(&b)
	g.printScales(&b)
	if _, err := fmt.Fprintln(s.Out, breakLines(b.String(), s.width())); err != nil {
		return err
	}
	var rows [][]string
	for _, h := range g.Heads {
		row := []string{string(h.Part), h.Type, size(h.Bytes), "–", "–", "–", "as it is"}
		if e := h.Effect; e != nil {
			kl, _, same, perplexity, loss := effectCells(e)
			row = append(row[:3], kl, same, perplexity, loss)
		}
		rows = append(rows, row)
	}
	columns := []column{
		{name: "part"},
		{name: "type"},
		{name: "size", right: true},
		{name: "KL", right: true},
		{name: "same top", right: true, spare: true},
		{name: "perplexity", right: true, spare: true},
		{name: "loss (nats a token)", cut: true},
	}
	return printTable(s.Out, s.width(), columns, rows)
}

// nats prints a divergence.
func nats(v float64) string { return fmt.Sprintf("%.3g", measurable(v)) }

// effectCells says what an effect is, and what that amounts to.
func effectCells(e *tune.Effect) (kl, p99, same, ppl, loss string) {
	if e.Verdict == tune.Ruins {
		return "–", "–", "–", "–", ruined
	}
	rounded := math.Round(e.Loss*1e5)/1e5 + 0 // no -0
	loss = fmt.Sprintf("%+.5f ± %.5f: %s", rounded, e.StdErr, e.Verdict)
	return nats(e.KL.Mean), nats(e.KL.P99), fmt.Sprintf("%.2f %%", 100*e.SameTop), perplexity(e.Perplexity), loss
}

const ruined = "ruined: predictions are not finite any more"

func printEffect(w io.Writer, e *tune.Effect) {
	kl, p99, same, perplexity, loss := effectCells(e)
	if e.Verdict != tune.Ruins {
		fmt.Fprintf(w, "  KL mean %s, 99 %% %s; same top token %s; perplexity %s\n", kl, p99, same, perplexity)
	}
	fmt.Fprintf(w, "  loss %s\n", loss)
}

func (g *calibrateGains) printClipping(w io.Writer) {
	fmt.Fprintln(w, "clipping  "+clippingTried(g.Clipping))
	if e := g.Clipping.Effect; e != nil {
		printEffect(w, e)
		fmt.Fprintln(w, "  "+fromExact(g.Clipping))
	}
}

func clippingTried(c *tune.Clipping) string {
	switch {
	case c.Inputs == 0:
		return "does not apply: dense projections do not round their activations"
	case c.Cut == 0:
		return "nothing gained: no input has less error when it is cut off"
	}
	return fmt.Sprintf("%d of %s would be cut off (tried only: no option does it)", c.Cut, plural(c.Inputs, "input"))
}

// fromExact says how far predictions are from those of exact activations.
func fromExact(c *tune.Clipping) string {
	if c.Exact == nil {
		return "not compared with exact activations: clipping ruins the model, or float weights take more than 2 GiB or than there is"
	}
	return fmt.Sprintf("KL from exact activations: %s as it is, %s clipped (%s)", nats(c.Exact.AsIs.Mean), nats(c.Exact.Clipped.Mean), gained(c.Exact.Gain))
}

// gained says a share of something that should get less.
func gained(share float64) string {
	switch {
	case math.Abs(share) < 0.0005:
		return "nothing gained"
	case share < 0:
		return fmt.Sprintf("%.1f %% more", -100*share)
	}
	return fmt.Sprintf("%.1f %% less", 100*share)
}

func (g *calibrateGains) printScales(w io.Writer) {
	if g.Scales == nil {
		fmt.Fprintln(w, "scales    do not apply: the weights are ternary, and their masters are not there")
		return
	}
	var gains []float64
	for _, t := range g.Scales.Tensors {
		gains = append(gains, t.Gain)
	}
	slices.Sort(gains)
	if e := g.Scales.Absmean; e != nil {
		fmt.Fprintf(w, "scales    %s made ternary with the usual scales (absmean), which is another model\n", plural(len(gains), "dense projection"))
		printEffect(w, e)
	}
	if g.Scales.Weighted == nil {
		fmt.Fprintln(w, "scales    nothing gained: none other than absmean's has less error")
		return
	}
	fmt.Fprintf(w, "scales    of %s, weighted by importance (bitnet quantize --importance makes them)\n", plural(len(gains), "projection"))
	fmt.Fprintf(w, "  less squared error of outputs: median %.1f %%, at most %.1f %%\n", 100*gains[len(gains)/2], 100*gains[len(gains)-1])
	printEffect(w, g.Scales.Weighted)
	if v := g.Scales.Weighted.Verdict; g.Scales.Absmean == nil && (v == tune.Loses || v == tune.Ruins) {
		fmt.Fprintln(w, "  masters that were trained to be rounded with absmean's scales are best rounded with these")
	}
	if g.Scales.Absmean != nil && g.Scales.Absmean.Verdict != tune.Ruins && g.Scales.Weighted.Verdict != tune.Ruins {
		fmt.Fprintf(w, "  KL from the dense model: %s than with the usual scales\n", strings.Replace(gained(g.Scales.KLGain), "nothing gained", "no less", 1))
	}
}

// searched says what cuts and scales were found with.
func (g *calibrateGains) searched() string {
	if g.HeldOut {
		return fmt.Sprintf("cuts and scales were searched for with the statistics of %d other tokens", g.Searched)
	}
	return "cuts and scales were searched for with the statistics of these tokens, too: on others they may gain less"
}

// perplexity prints what may be beyond all measure.
func perplexity(v float64) string {
	if v >= 1e9 {
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.4f", v)
}
