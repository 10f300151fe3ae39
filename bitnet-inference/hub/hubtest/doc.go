// Package hubtest is a hub in the test's own process: it speaks as much of the Hugging Face hub's protocol as
// fetching models takes, and every fault that package hub is to survive can be switched on.
//
// A [Server] has two hosts, the hub and what stands for its CDN, to which it redirects for large files. It
// records all requests, so that a test can say which bytes were asked for and where a token went.
package hubtest
