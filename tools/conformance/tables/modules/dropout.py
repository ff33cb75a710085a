"""Dropout."""

OPS = {f'nn.{m}(p=0.5, inplace=False)': Module(f'nn::{m}<{{p}}>') for m in 'Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout'.split()}
