package sample

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidateNamesEveryFault(t *testing.T) {
	require.NoError(t, Options{}.Validate())
	require.NoError(t, Default().Validate())
	require.NoError(t, Options{Temperature: 2, TopP: 1.5, MinP: 1, PenaltyWindow: -1, FrequencyPenalty: -2}.Validate())

	err := Options{
		Temperature: nan, TopK: -1, TopP: -0.5, MinP: 1.5, RepeatPenalty: -1,
		FrequencyPenalty: posInf, PresencePenalty: nan, PenaltyWindow: -2,
	}.Validate()
	for _, name := range []string{"temperature", "top-k", "top-p", "min-p", "repeat penalty", "frequency penalty", "presence penalty", "penalty window"} {
		require.ErrorContains(t, err, "sample: "+name+" is ")
	}
	require.Error(t, Options{TopP: nan}.Validate())
	require.Error(t, Options{MinP: nan}.Validate())
}

func TestMistakesPanic(t *testing.T) {
	require.PanicsWithValue(t, "sample: New invalid options", func() { New(Options{TopK: -1}, 5) })
	require.PanicsWithValue(t, "sample: New vocab out of range", func() { New(Options{}, 0) })
	require.PanicsWithValue(t, "sample: Next logits not of the vocabulary's length", func() { New(Options{}, 2).Next(make([]float32, 3)) })
	require.PanicsWithValue(t, "sample: Greedy no logits", func() { Greedy(nil) })
}

func TestPenalties(t *testing.T) {
	logits := []float32{2, -2, 1, 0}
	for name, c := range map[string]struct {
		o        Options
		accepted []int32
		want     []float32
	}{
		"none seen":           {Options{RepeatPenalty: 2}, nil, []float32{2, -2, 1, 0}},
		"repeat by sign":      {Options{RepeatPenalty: 2}, []int32{0, 1, 3, 0}, []float32{1, -4, 1, 0}},
		"frequency counts":    {Options{FrequencyPenalty: 0.5}, []int32{0, 0, 0, 2}, []float32{0.5, -2, 0.5, 0}},
		"presence once":       {Options{PresencePenalty: 0.5}, []int32{0, 0, 0, 2}, []float32{1.5, -2, 0.5, 0}},
		"window forgets":      {Options{FrequencyPenalty: 1, PenaltyWindow: 2}, []int32{0, 0, 2, 3}, []float32{2, -2, 0, -1}},
		"all remembers":       {Options{FrequencyPenalty: 1, PenaltyWindow: -1}, []int32{0, 0, 2, 3}, []float32{0, -2, 0, -1}},
		"out of vocabulary":   {Options{PresencePenalty: 1}, []int32{-1, 4, 1 << 30}, []float32{2, -2, 1, 0}},
		"repeat and subtract": {Options{RepeatPenalty: 2, FrequencyPenalty: 1, PresencePenalty: 0.25}, []int32{0, 0}, []float32{-1.25, -2, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(c.o, len(logits))
			for _, id := range c.accepted {
				s.Accept(id)
			}
			given := Dense(logits)
			require.Equal(t, c.want, slices.Clone(s.penalised(&given).All()))
			require.Equal(t, c.want, s.penalised(&given).All(), "counts stay as they were")
			require.Equal(t, []float32{2, -2, 1, 0}, logits)
		})
	}
}

func TestDefaultWindowIs64(t *testing.T) {
	s := New(Options{PresencePenalty: 1}, 100)
	for id := range int32(65) {
		s.Accept(id)
	}
	given := make(Dense, 100)
	got := s.penalised(&given).All()
	require.Zero(t, got[0])
	require.Equal(t, float32(-1), got[1])
	require.Equal(t, float32(-1), got[64])
}
