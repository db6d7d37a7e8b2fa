throw new Error('crashed while loading');
