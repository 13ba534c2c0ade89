/** The HTML of a view's page: an empty body that its script fills. Pure: no `vscode`. */
import type { PageName } from '../protocol/viewPages';
import type { Strings } from '../base/messages';

export interface PageSources {
  readonly name: PageName;
  readonly title: string;
  /** Addresses of the style sheet and the script. */
  readonly style: string;
  readonly script: string;
  /** Where styles may come from, as the content security policy names it. */
  readonly source: string;
  readonly nonce: string;
  /** Of the user, as in `lang`. */
  readonly language: string;
  readonly strings: Strings;
}

/** Data for `webview/text`; no text of it can end the element. */
export const stringsElement = (strings: Strings, key: string): string =>
  `<script id="strings" type="application/json" nonce="${key}">${JSON.stringify(strings).replaceAll('<', '\\u003c')}</script>`;

/** No inline styles, nothing from the network, and no script but the page's own. */
export const pageHtml = ({ name, title, style, script, source, nonce, language, strings }: PageSources): string => `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>${title}</title>
</head>
<body data-page="${name}">
<main id="page"></main>
${stringsElement(strings, nonce)}
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;

export const nonce = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
