import type { Recipe } from './schema.ts';

/** The recipe with every enabled option worked into its repositories and packages. */
export function withOptions<R extends Recipe>(recipe: R): R {
  const enabled = Object.values(recipe.options).filter((option) => option.enabled);
  if (enabled.length === 0) return recipe;
  const components = enabled.flatMap((option): string[] =>
    'components' in option ? (option.components as string[]) : [],
  );
  const packages = enabled.flatMap((option) => option.packages);
  return {
    ...recipe,
    repositories: recipe.repositories.map((repository) =>
      'components' in repository
        ? { ...repository, components: unique([...repository.components, ...components]) }
        : repository,
    ),
    packages: { ...recipe.packages, install: unique([...recipe.packages.install, ...packages]) },
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
