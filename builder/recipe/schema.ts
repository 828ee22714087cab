import { z } from 'zod';
import { KINDS } from './kinds/registry.ts';

/** A complete recipe: what a recipe file says after everything that it extends was merged in. */
export const recipeSchema = z.discriminatedUnion('kind', KINDS);

/** A checked recipe with all defaults filled in. */
export type Recipe = z.infer<typeof recipeSchema>;
export type RecipeKind = Recipe['kind'];
export type RecipeOf<K extends RecipeKind> = Extract<Recipe, { kind: K }>;

/** What can be built: everything but `base`. */
export type BuildableRecipe = Exclude<Recipe, { kind: 'base' }>;
/** Recipes that end in an image of their own, made with a toolbox. */
export type ImageRecipe = Exclude<BuildableRecipe, { kind: 'toolbox' }>;

export type Repository = Recipe['repositories'][number];
export type OverlayFile = RecipeOf<'template'>['files'][number];
export type SystemSettings = RecipeOf<'template'>['system'];
export type UserAccount = SystemSettings['users'][number];
export type ImageSettings = RecipeOf<'template'>['image'];
export type OutputKind = ImageRecipe['outputs'][number];
