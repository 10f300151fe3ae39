// Package hub fetches models from the Hugging Face hub, or a server that speaks its protocol, into
// a store that is laid out as Hugging Face's own library lays out its cache: files that other programs have
// fetched are found, and they find what this one has fetched.
//
// [ParseRef] reads names like hf.co/ORG/REPO:i2_s@main, addresses of pages, and short names from a table.
// [Client.Resolve] asks the hub what such a name means and returns a [Plan], [Client.Pull] carries it out.
// [Store.Find] does without the network.
//
//	options, err := hub.FromEnvironment()
//	client, err := hub.New(options)
//	defer client.Close()
//	ref, err := hub.ParseRef("hf.co/microsoft/bitnet-b1.58-2B-4T-gguf")
//	plan, err := client.Resolve(ctx, ref)
//	path, err := client.Pull(ctx, plan, nil) // for checkpoint.Open
//
// # Fetching
//
// A large file is fetched in parts of 8 MiB over several connections, each asked for by its
// range. Bytes go where they belong in a file that is called HASH.bitnet.part until all are there, and twice
// a second what is on disk is noted beside it, so that a process that is killed loses half a second. The
// SHA-256, or git's hash of a small file, is computed while the file comes, over the bytes that were written. A connection that
// brings nothing for half a minute is cut. What failed for reasons that pass is tried again, after a wait
// that doubles and is random, or is the server's Retry-After.
//
// # What a hub may not do
//
// A hub and its mirrors are strangers, like the authors of models. Names that lead out
// of a directory are refused, as are more bytes than were listed, other bytes, compressed answers, and redirects to
// other schemes, from https to http, or from the internet to this machine's own network. The token
// goes to the endpoint's scheme, host and port and nowhere else. Weights that are pickles are not fetched.
//
// A [Client] and a [Store] may be used by several goroutines and several processes at once.
package hub
