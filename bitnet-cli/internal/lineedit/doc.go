// Package lineedit reads what a person types at a terminal: lines with editing
// and history ([Editor]), and messages of several lines made of them
// ([ReadMessage]).
//
// The editor itself is a library behind a two-method interface; nothing else
// of the program knows which one.
package lineedit
