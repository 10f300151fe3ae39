// Package checkpoint opens the models that people have: Hugging Face directories
// (config.json, safetensors, tokenizer.json) and GGUF files. It knows the
// conventions of each, which tensor plays which role, how its scale is meant,
// which activation and rotation the file implies, and turns them into a
// model.Config and model.Weights.
//
// Families of models (BitNet 2B-4T, 1bitLLM, Llama, Qwen3, Gemma3) are described in a file
// each, which says what tells their files from others, what these leave out, and how
// tensors are named; families.go lists them. Reading keys, and finding tensors by the
// names, is the same for all: [Checkpoint.Roles] lists them.
//
// Whatever it does not understand is an error that names the file, the field and
// the remedy. A tensor that no role claims is one, too: a bias left out would
// make a model that runs and says nonsense.
//
// Float weights that are masters in a directory that does not say so look like those of
// a dense model; [Options] say it in its place.
//
// A [Checkpoint] keeps its files mapped; Close unmaps them and with them the
// weights that alias them.
package checkpoint
