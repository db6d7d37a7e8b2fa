import * as monaco from 'monaco-editor';
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import { configureMonacoYaml } from 'monaco-yaml';
import YamlWorker from 'monaco-yaml/yaml.worker.js?worker';

// Put there by the script that takes the pictures: what `telltale rules schema` prints, and a rule file.
const { schema, text } = window.shown;

window.MonacoEnvironment = {
  getWorker: (_, label) => (label === 'yaml' ? new YamlWorker() : new EditorWorker()),
};

configureMonacoYaml(monaco, {
  enableSchemaRequest: false,
  // The rule file's first line names it.
  schemas: [{ uri: 'file:///rules/rules.schema.json', fileMatch: [], schema }],
});

window.monaco = monaco;
window.editor = monaco.editor.create(document.getElementById('editor'), {
  model: monaco.editor.createModel(text, 'yaml', monaco.Uri.parse('file:///rules/team.yaml')),
  fontSize: 14,
  minimap: { enabled: false },
  overviewRulerLanes: 0,
  quickSuggestions: { other: true, comments: false, strings: true },
  scrollBeyondLastLine: false,
});
