/** Variables of launch.json, for configurations that VS Code does not resolve for us. Pure: no `vscode`. */
import path from 'node:path';

export interface LaunchPlace {
  /** Path of the workspace folder. */
  readonly folder?: string;
  /** Path of the file in front. */
  readonly file?: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

// biome-ignore format: a table
const VARIABLES: Readonly<Record<string, (place: LaunchPlace) => string | undefined>> = {
  workspaceFolder:         ({ folder }) => folder,
  workspaceRoot:           ({ folder }) => folder,
  workspaceFolderBasename: ({ folder }) => folder && path.basename(folder),
  file:                    ({ file }) => file,
  fileBasename:            ({ file }) => file && path.basename(file),
  fileBasenameNoExtension: ({ file }) => file && path.parse(file).name,
  fileExtname:             ({ file }) => file && path.extname(file),
  fileDirname:             ({ file }) => file && path.dirname(file),
  relativeFile:            ({ file, folder }) => file && (folder ? path.relative(folder, file) : file),
  userHome:                ({ home }) => home,
  pathSeparator:           () => path.sep,
};

const inText = (text: string, place: LaunchPlace): string =>
  text.replace(/\$\{([^{}]+)\}/g, (whole, name: string) => (name.startsWith('env:') ? (place.environment[name.slice(4)] ?? '') : (VARIABLES[name]?.(place) ?? whole)));

/** The value with its variables filled in, in arrays and objects too. What nobody knows stays as it is. */
export function fillVariables(value: unknown, place: LaunchPlace): unknown {
  if (typeof value === 'string') return inText(value, place);
  if (Array.isArray(value)) return value.map((element) => fillVariables(element, place));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, element]) => [name, fillVariables(element, place)]));
}
