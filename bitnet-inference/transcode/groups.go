package transcode

import (
	"regexp"
	"strconv"
)

// A Group is the steps that do the same with the same tensor of every layer.
type Group struct {
	Name           string // with * for the number of the layer
	Count          int
	FromType, Type string
	Action         string
	Bytes          int64
	Loss           *Loss // the largest of them; nil if nothing is lost
}

var layerNumber = regexp.MustCompile(`\.\d+\.`)

// Layer returns the name of a tensor with * for the number of its layer, and that number.
// ok is false if the name has none.
func Layer(name string) (pattern string, layer int, ok bool) {
	at := layerNumber.FindStringIndex(name)
	if at == nil {
		return name, 0, false
	}
	layer, err := strconv.Atoi(name[at[0]+1 : at[1]-1])
	if err != nil { // more digits than a layer has
		return name, 0, false
	}
	return name[:at[0]] + ".*." + name[at[1]:], layer, true
}

// Groups sums the steps up, in the order of their first ones.
func (p *Plan) Groups() []Group {
	var all []Group
	at := map[string]int{}
	for i := range p.Steps {
		s := &p.Steps[i]
		name, _, _ := Layer(s.Name)
		key := name + "\x00" + s.FromType + "\x00" + s.Type + "\x00" + s.Action
		g, ok := at[key]
		if !ok {
			g = len(all)
			at[key] = g
			action := s.Action
			if s.Permuted {
				action += ", rows in order of heads"
			}
			all = append(all, Group{Name: name, FromType: s.FromType, Type: s.Type, Action: action})
		}
		all[g].Count++
		all[g].Bytes += s.Bytes
		if l := s.Loss; l != nil && l.Max > 0 && (all[g].Loss == nil || l.RMS > all[g].Loss.RMS) {
			all[g].Loss = l
		}
	}
	return all
}

// Lost says how much the tensors of a group lose, "" if nothing.
func (g *Group) Lost() string {
	if g.Loss == nil {
		return ""
	}
	return strconv.FormatFloat(100*g.Loss.RMS, 'g', 2, 64) + "% rms, up to " + strconv.FormatFloat(g.Loss.Max, 'g', 3, 64)
}
