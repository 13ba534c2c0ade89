import * as vscode from 'vscode';

/** A path from a desktop adapter, or a URI from one in a browser. A drive letter is no scheme. */
export const toUri = (path: string): vscode.Uri => (/^[a-z][\w+.-]+:/i.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path));
