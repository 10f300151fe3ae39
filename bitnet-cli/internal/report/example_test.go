package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
)

// roles are the ternary tensors of a layer.
var roles = []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}

const layers = 30

// example is a page with every kind of block and the sizes of a model of 30 layers
// and a text of 4,096 positions. Its numbers look real and are not.
func example() report.Page {
	random := rand.New(rand.NewPCG(1, 2))
	return report.Page{
		Title:    "Quantization of example-2b",
		Subtitle: "Perplexity 18.96 → 24.31 ± 0.21 on wiki.txt: the model was not trained for ternary weights.",
		Program:  "bitnet v0.9.0, go1.26, linux/amd64",
		Made:     time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC),
		Facts: []report.Fact{
			{Name: "architecture", Value: "bitnet-b1.58, 30 layers of 2,560"},
			{Name: "parameters", Value: "2.41 B, of which 2.08 B ternary"},
			{Name: "file", Value: "example-2b.gguf, 1.11 GiB"},
		},
		Sections: []report.Section{
			{Title: "Weights", Blocks: []report.Block{
				report.Text("The error is the norm of the difference, relative to the norm of the weights.\n\nA scale is taken for each tensor."),
				errorsByLayer(random), shares(random), sizes(random), tensorTable(random),
			}},
			{Title: "Predictions", Blocks: []report.Block{divergence(random), losses(random), accuracy()}},
			{Title: "Activations", Blocks: []report.Block{activations(random), absmax(random)}},
		},
	}
}

func errorsByLayer(random *rand.Rand) report.Bars {
	bars := report.Bars{
		Title: "Error by layer",
		X:     report.Axis{Label: "layer"},
		Y:     report.Axis{Label: "relative error", Unit: "%"},
		Rules: []report.Rule{{Name: "mean", Value: 47.3}},
	}
	for l := range layers {
		bars.Categories = append(bars.Categories, fmt.Sprint(l))
	}
	for i, role := range roles {
		s := report.Series{Name: role}
		for l := range layers {
			s.Values = append(s.Values, 40+3*float64(i%3)+6*math.Cos(float64(l)/9)+4*random.Float64())
		}
		bars.Series = append(bars.Series, s)
	}
	return bars
}

func shares(random *rand.Rand) report.Shares {
	s := report.Shares{Title: "Ternary shares by tensor", X: report.Axis{Label: "layers of each kind of tensor"}}
	for _, name := range report.Ternary {
		s.Parts = append(s.Parts, report.Part{Name: name})
	}
	for _, role := range roles {
		for l := range layers {
			s.Categories = append(s.Categories, fmt.Sprintf("blk.%d.%s.weight", l, role))
			s.Groups = append(s.Groups, role)
			zero := 0.32 + 0.15*random.Float64()*float64(l)/layers
			s.Parts[0].Values = append(s.Parts[0].Values, (1-zero)/2+0.004*random.Float64())
			s.Parts[1].Values = append(s.Parts[1].Values, zero)
			s.Parts[2].Values = append(s.Parts[2].Values, (1-zero)/2)
		}
	}
	return s
}

func sizes(random *rand.Rand) report.Scatter {
	s := report.Scatter{
		Title: "Error and outliers",
		X:     report.Axis{Label: "largest weight over mean", Log: true},
		Y:     report.Axis{Label: "relative error", Unit: "%"},
	}
	for _, role := range roles[:4] {
		p := report.Points{Name: role}
		for l := range layers {
			x := 4 * math.Exp(2*random.Float64())
			p.X = append(p.X, x)
			p.Y = append(p.Y, 35+6*math.Log(x)+3*random.NormFloat64())
			p.Names = append(p.Names, fmt.Sprintf("blk.%d.%s.weight", l, role))
		}
		s.Series = append(s.Series, p)
	}
	return s
}

func tensorTable(random *rand.Rand) report.Table {
	t := report.Table{Title: "Tensors", Head: []report.Column{
		{Name: "tensor"}, {Name: "error", Right: true}, {Name: "−1", Right: true}, {Name: "0", Right: true}, {Name: "+1", Right: true}, {Name: "scale", Right: true},
	}}
	for l := range layers {
		t.Rows = append(t.Rows, []string{
			fmt.Sprintf("blk.%d.attn_q.weight", l),
			fmt.Sprintf("%.1f %%", 40+10*random.Float64()), "31.2 %", "37.5 %", "31.3 %", "0.0213",
		})
	}
	return t
}

func divergence(random *rand.Rand) report.Lines {
	line := report.Line{Name: "mean", Band: "5–95 %"}
	for i := range 256 {
		v := 0.08 * (1 + 3*math.Exp(-float64(i)/12)) * math.Exp(0.6*random.NormFloat64())
		if i == 177 {
			v = 6.2
		}
		line.X, line.Y = append(line.X, 16*float64(i)+7.5), append(line.Y, v)
		line.Low = append(line.Low, v/4)
		line.High = append(line.High, v*3)
	}
	return report.Lines{
		Title:  "Divergence by position",
		X:      report.Axis{Label: "position", Unit: "tokens"},
		Y:      report.Axis{Label: "KL divergence", Unit: "nats", Log: true},
		Series: []report.Line{line},
		Rules:  []report.Rule{{Name: "median", Value: 0.081}, {Name: "99 %", Value: 0.49}, {Name: "mean", Value: 0.092}},
	}
}

func losses(random *rand.Rand) report.Histogram {
	before, after := make([]float64, 4096), make([]float64, 4096)
	for i := range before {
		before[i] = random.ExpFloat64() * 2.9
		after[i] = before[i] + 0.4*random.ExpFloat64()
	}
	return report.Histogram{
		Title:   "Loss of the tokens",
		X:       report.Axis{Label: "loss", Unit: "nats"},
		Samples: []report.Sample{{Name: "before", Values: before}, {Name: "after", Values: after}},
	}
}

func accuracy() report.Bars {
	return report.Bars{
		Title:      "Multiple choice",
		Categories: []string{"ARC-Easy", "PIQA", "HellaSwag (normalized)"},
		Y:          report.Axis{Label: "accuracy", Unit: "%"},
		Series: []report.Series{
			{Name: "before", Values: []float64{74.8, 77.1, 68.4}, Errors: []float64{0.9, 1, 0.5}},
			{Name: "after", Values: []float64{61.2, 70.3, math.NaN()}, Errors: []float64{1, 1.1}},
		},
		Rules: []report.Rule{{Name: "chance", Value: 25}},
	}
}

func activations(random *rand.Rand) report.Histogram {
	values := make([]float64, 20000)
	for i := range values {
		values[i] = math.Exp(1.3*random.NormFloat64() - 1)
		if i%2500 == 0 {
			values[i] *= 400
		}
	}
	return report.Histogram{
		Title:   "Activations into blk.12.ffn_down",
		X:       report.Axis{Label: "magnitude", Log: true},
		Y:       report.Axis{Label: "count", Log: true},
		Samples: []report.Sample{{Name: "ffn_down", Values: values}},
		Rules:   []report.Rule{{Name: "99 %", Value: 7.6}, {Name: "clip at", Value: 31}},
	}
}

func absmax(random *rand.Rand) report.Lines {
	l := report.Lines{
		Title: "Largest activation by layer",
		X:     report.Axis{Label: "layer"},
		Y:     report.Axis{Label: "absmax"},
	}
	for i, role := range roles {
		s := report.Line{Name: role}
		for k := range layers {
			s.X, s.Y = append(s.X, float64(k)), append(s.Y, 5+float64(i)*2+float64(k)/3+2*random.Float64())
		}
		if i == 6 {
			s.Y[11], s.Y[20] = math.NaN(), math.Inf(1)
		}
		l.Series = append(l.Series, s)
	}
	return l
}
