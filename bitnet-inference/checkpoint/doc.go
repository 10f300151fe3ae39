// Package checkpoint opens the models that people have: Hugging Face directories
// (config.json, safetensors, tokenizer.json) and GGUF files. It knows the
// conventions of each, which tensor plays which role, how its scale is meant,
// which activation and rotation the file implies, and turns them into a
// model.Config and model.Weights.
//
// Whatever it does not understand is an error that names the file, the field and
// the remedy. A tensor that no role claims is one, too: a bias left out would
// make a model that runs and says nonsense.
//
// A [Checkpoint] keeps its files mapped; Close unmaps them and with them the
// weights that alias them.
package checkpoint
