"""The product's YAML, read and written by libyaml where it is there: a sandbox starts a quarter of a second sooner."""

from typing import Any

import yaml


def read(text: str) -> Any:  # documents of the product: only what the sandbox needs of them is looked at
    return yaml.CSafeLoader(text).get_single_data() if yaml.__with_libyaml__ else yaml.safe_load(text)


def written(document: object) -> str:
    dumper = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))
