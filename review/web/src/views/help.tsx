import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isHelpOpen } from '../state/keys.ts';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['j', 'k'], 'next, previous'],
  [['enter'], 'open'],
  [['esc'], 'back to the list'],
  [['b'], 'blur or show all text'],
  [['1', '2', '3'], 'correct, false alarm, unsure'],
  [['u'], 'take a verdict back'],
  [['n'], 'next to review'],
  [['c'], 'write a comment'],
  [['/'], 'search'],
  [['←', '→'], 'from one shaded token to the next'],
  [['?'], 'this list'],
];

/** The keys, as a modal dialog. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useSignalEffect(() => {
    if (isHelpOpen.value) dialog.current?.showModal();
    else dialog.current?.close();
  });
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (isHelpOpen.value = false)}>
      <h2 id="help-title">Keys</h2>
      <KeyList />
      <form method="dialog">
        <button type="submit" class="quiet">
          Close
        </button>
      </form>
    </dialog>
  );
}

export function KeyList() {
  return (
    <dl class="keys">
      {KEYS.map(([keys, what]) => (
        <div key={what}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
