package check

import "github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"

// findRoles notes what tensors are for. The output head has its role where it is the
// embedding, too: it may be stored all the same.
func (c *checker) findRoles() {
	for _, r := range c.ck.Roles(false) {
		name := c.weight(&r)
		c.roles[name] = &r
		if scale := c.ck.ScaleName(&r); scale != "" && r.Kind == checkpoint.KindProjection {
			c.scaled[scale] = &r
		}
		switch {
		case r.Kind != checkpoint.KindVocabulary:
		case c.embed == "":
			c.embed = name
		default:
			c.head = name
		}
	}
}

// weight returns the name of the tensor of a role.
func (c *checker) weight(r *checkpoint.Role) string { return c.ck.Stored(r) + ".weight" }

// projection returns the role of a tensor that is a projection's weight, else nil.
func (c *checker) projection(name string) *checkpoint.Role {
	if r := c.roles[name]; r != nil && r.Kind == checkpoint.KindProjection {
		return r
	}
	return nil
}

// gains returns those of the norm of a projection's input, nil if there is none of its
// width. Where norms follow the projections, too, their scales say little.
func (c *checker) gains(r *checkpoint.Role) []float32 {
	if c.ck.Config.HeadNorms || c.ck.Config.PostNorms || r.Norm == nil {
		return nil
	}
	v, ok := c.floats(c.weight(r.Norm))
	if !ok || len(v) != r.Cols {
		return nil
	}
	return v
}
