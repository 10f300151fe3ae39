package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

func ExamplePage_Write() {
	layers := []string{"0", "1", "2"}
	page := report.Page{
		Title:    "Calibration of fable",
		Subtitle: "Clipping at the best threshold changes the KL divergence by −2 %.",
		Program:  "bitnet (devel)",
		Made:     time.Now(),
		Facts:    []report.Fact{{Name: "parameters", Value: "29.4 M"}, {Name: "text", Value: "stories.txt, 40,960 tokens"}},
		Sections: []report.Section{
			{Title: "Weights", Blocks: []report.Block{
				report.Text("What each tensor loses when its weights become −1, 0 and +1."),
				report.Bars{
					Title: "Error by layer", X: report.Axis{Label: "layer"}, Categories: layers,
					Y: report.Axis{Label: "relative error", Unit: "%"},
					Series: []report.Series{
						{Name: "attn_q", Values: []float64{41, 44, 39}},
						{Name: "ffn_up", Values: []float64{48, 47, 52}},
					},
				},
				report.Shares{
					Title: "Ternary shares", X: report.Axis{Label: "layer"}, Categories: layers,
					Parts: []report.Part{ // of weights; the page shows percent
						{Name: report.Ternary[0], Values: []float64{310, 305, 300}},
						{Name: report.Ternary[1], Values: []float64{380, 390, 400}},
						{Name: report.Ternary[2], Values: []float64{310, 305, 300}},
					},
				},
			}},
			{Title: "Activations", Blocks: []report.Block{
				report.Histogram{
					Title: "Into ffn_down", X: report.Axis{Label: "magnitude", Log: true},
					Samples: []report.Sample{{Name: "layer 0", Values: []float64{0.1, 0.2, 0.25, 3}}},
					Rules:   []report.Rule{{Name: "clip", Value: 2}},
				},
			}},
		},
	}
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fmt.Println(encoding.WriteFile(filepath.Join(dir, "page.html"), page.Write))
	// Output: <nil>
}
